"""The tables of the simulated OVHcloud. Transitions are functions over them."""

from unrack.simulator.ovhcloud import records as r
from unrack.simulator.ovhcloud import records_products as p
from unrack.simulator.table import Table


class Tables:
    """Everything that OVHcloud knows."""

    def __init__(self) -> None:
        self.settings_row = Table("settings", r.Settings, lambda _: "settings")
        self.accounts = Table("account", r.Account, lambda x: x.nichandle)
        self.credentials = Table("credential", r.Credential, lambda x: x.consumer_key)
        self.services = Table("service", r.Service, lambda x: x.id)
        self.connections = Table("connection", r.Connection, lambda x: x.uuid)
        self.interfaces = Table("interface", r.Interface, lambda x: x.id)
        self.pops = Table("pop", r.PopConfig, lambda x: x.id)
        self.datacenters = Table("datacenter", r.DatacenterConfig, lambda x: x.id)
        self.extras = Table("extra", r.ExtraConfig, lambda x: x.id)
        self.tasks = Table("task", r.Task, lambda x: x.id)
        self.vracks = Table("vrack", r.Vrack, lambda x: x.name)
        self.vrack_tasks = Table("vrack-task", r.VrackTask, lambda x: x.id)
        self.mails = Table("mail", r.Mail, lambda x: x.id)
        self.bills = Table("bill", r.Bill, lambda x: x.id)
        self.counters = Table("ovhcloud-counter", r.Counter, lambda x: x.name)
        self.assets = Table("asset", p.Asset, lambda x: x.key)
        self.members = Table("member", p.Member, lambda x: x.key)
        self.work = Table("work", p.Work, lambda x: x.id)

    @property
    def settings(self) -> r.Settings:
        """Its habits."""
        return self.settings_row.get("settings") or r.Settings()

    def next_id(self, name: str = "id") -> int:
        """An id that was never given before."""
        counter = self.counters.get(name) or r.Counter(name=name, value=1000)
        return self.counters.change(counter, value=counter.value + 1).value
