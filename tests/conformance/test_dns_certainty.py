"""What is certified of a zone is so: however its servers are called, wherever its records lead, whatever is written."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import dns.name
import dns.rdataset
import dns.zone
import pytest
from dns.rdatatype import RdataType

from tests.conformance.dns_played import played
from tests.conformance.dns_world import COMING, LEAVING, NOTHING, ZONE, World, built, zone_file
from unrack.model.errors import Category, UnrackError
from unrack.providers.dns.zone import KeptZone, beside_cname

pytestmark = pytest.mark.long  # whole runs, some seconds of CPU each

OLD = "ns1.leaving.test"
NEW = "ns1.coming.test"
BRAND = "ns1.brand.test"
"""The leaving server, under a customer's own name."""

DAY = 86_400


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    world = built(tmp_path)
    try:
        await asyncio.gather(world.delegate(OLD), world.served_by_leaving(), world.resolving())
        yield world
    finally:
        await world.close()


async def blocking(world: World, action: str = "check-not-serving", **parameters: str) -> str:
    """The texts of the findings that block."""
    found = await world.findings(action, **parameters)
    return "\n".join(text for text, blocks in found.items() if blocks)


async def _moved(world: World, *, old_ttl: int = 60, parent_ttl: int = 60) -> None:
    """Delegated to the new server and served there; the old one still answers."""
    await world.served_by_leaving(ttl=old_ttl)
    await world.delegate(NEW, ttl=parent_ttl)
    await world.served_by_coming()
    await world.resolving(COMING)


@pytest.mark.parametrize("given", [LEAVING, "127.0.0.2/31", f"{LEAVING}:53", f"ns9.gone.test {LEAVING}"])
async def test_a_name_server_that_is_given_by_its_address_is_found(world: World, given: str) -> None:
    """S4.8: what people have is often the address: alone, as a network, with a port."""
    told = "\n".join(await world.findings("check-delegation", leaving_name_servers=given))
    look = await world.dns.poll(world.call("await-moved", leaving_name_servers=given), NOTHING)

    assert f"{OLD} ({LEAVING}, an address of what ends) belong to what ends" in told
    assert f"still delegated to {OLD} ({LEAVING}" in await blocking(world, leaving_name_servers=given)
    assert not look.reached
    assert f"still delegates {ZONE} to {OLD}" in look.note


@pytest.mark.parametrize("shown", [BRAND, f"ns1.{ZONE}"], ids=["a brand's name", "a name in the zone"])
async def test_the_same_server_under_another_name_is_found(world: World, shown: str) -> None:
    """White label: the names differ, the address is that of what ends, by a resolver or by the parent's glue."""
    await world.leaving.serve({f"{ZONE}.": zone_file(shown)})
    await world.delegate(shown, more=f"ns1.shop A {LEAVING}\n" if shown != BRAND else "")
    await world.resolving()
    look = await world.dns.poll(world.call("await-moved", leaving_name_servers=OLD), NOTHING)

    assert f"still delegated to {shown} ({LEAVING}" in await blocking(world, leaving_name_servers=OLD)
    assert not look.reached


async def test_new_servers_that_name_the_old_one_by_another_name_block(world: World) -> None:
    """Resolvers believe the zone's own NS records, whatever they call it."""
    await world.delegate(NEW)
    await world.served_by_coming(NEW, BRAND)
    await world.resolving(COMING)
    look = await world.dns.poll(world.call("await-moved", leaving_name_servers=OLD), NOTHING)

    assert f"names {BRAND} ({LEAVING}" in await blocking(world, leaving_name_servers=OLD)
    assert not look.reached
    assert BRAND in look.note


async def test_what_was_compared_by_name_only_is_told(world: World) -> None:
    """Of a pattern no address is known, so a white label would not show: a person reads that."""
    await _moved(world)
    found = await world.findings("check-not-serving", leaving_name_servers="*.leaving.test")

    assert list(found.values()) == [False]
    assert "by name: no address is known of *.leaving.test" in next(iter(found))


@pytest.mark.parametrize("zone", [f"www.{ZONE}", "shpo.test", "given-up.test", "no.such.name.at.all.test"])
@pytest.mark.parametrize(
    "by", [{"leaving_name_servers": OLD}, {"leaving_targets": "192.0.2.10"}], ids=["ns", "targets"]
)
async def test_a_zone_that_nobody_delegates_is_not_clean(world: World, zone: str, by: dict[str, str]) -> None:
    """A host's name, a typing error, a zone that was given up: nothing was compared, and a person is asked."""
    text = await blocking(world, **by, zones=zone)

    assert zone in text
    assert "cannot tell" in text
    assert "heck the name" in text
    assert ("is a name in the zone shop.test" in text) == (zone == f"www.{ZONE}")


async def test_a_zone_that_nobody_delegates_is_told_at_once(world: World) -> None:
    """Before anything is asked of the provider, and while its move is awaited; the other zones are judged as well."""
    both = f"shpo.test {ZONE}"
    look = await world.dns.poll(world.call("await-moved", zones="shpo.test", leaving_name_servers=OLD), NOTHING)
    with pytest.raises(UnrackError) as raised:
        await world.dns.capture(world.call("capture-zone", zones="shpo.test"), NOTHING)

    assert "cannot tell" in await blocking(world, "check-delegation", zones=both, leaving_name_servers=OLD)
    assert f"{ZONE} is still delegated" in await blocking(world, zones=both, leaving_name_servers=OLD)
    assert "check the name" in look.note
    assert "check the name" in raised.value.problem.suggestion


@pytest.mark.parametrize(
    "target",
    [
        *(
            "192.0.2.10",
            "192.0.2.0/24",
            "192.0.2.9/29",
            "192.0.2.10:443",
            "https://192.0.2.10/",
            "http://192.0.2.10:8080/x",
        ),
        *("server7.leaving.test", "https://server7.leaving.test/", "server7.leaving.test:2083", "*.leaving.test"),
    ],
)
async def test_what_ends_is_understood_however_it_is_written(world: World, target: str) -> None:
    """S4.8: an address, its network, with a port, as a URL, or the server's own name."""
    records = "@ A 192.0.2.10\n" if "*" not in target else "@ A 198.51.100.7\n@ MX 10 server7.leaving.test.\n"
    await world.served_by_leaving(records=records)

    assert ZONE in await blocking(world, leaving_targets=target)


@pytest.mark.parametrize(
    "target",
    ["192.0.2.300", "192.0.2.1-192.0.2.9", "192.0.2.*", "192.0.2.10/33", "not a host!", "192.0.2.10/x", "https://"],
)
async def test_what_is_neither_name_nor_address_is_refused(world: World, target: str) -> None:
    """A word that can never fit would be certified as "nothing points there"."""
    with pytest.raises(UnrackError, match="address or network") as raised:
        await world.findings("check-not-serving", leaving_targets=target)

    assert raised.value.problem.category is Category.INVALID


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ("www CNAME web\nweb A 192.0.2.10\n", "www.shop.test CNAME web leads there: web.shop.test A 192.0.2.10"),
        ("@ MX 10 mx1\nmx1 A 192.0.2.10\n", "shop.test MX 10 mx1 leads there: mx1.shop.test A 192.0.2.10"),
        ("www CNAME a\na CNAME b\nb CNAME c\nc A 192.0.2.10\n", "www.shop.test CNAME a leads there"),
        ("www CNAME a\na CNAME server7.leaving.test.\n", "www.shop.test CNAME a leads there"),
        ("www CNAME server7.leaving.test.\n", "leads there: server7.leaving.test A 192.0.2.10"),
        ("_imaps._tcp SRV 0 1 993 m\nm A 192.0.2.10\n", "_imaps._tcp.shop.test SRV 0 1 993 m leads there"),
        ("vpn NS gate.vpn\ngate.vpn A 192.0.2.10\n", "vpn.shop.test NS gate.vpn leads there"),
        ("api AAAA 2001:db8::7\n", "api.shop.test AAAA 2001:db8::7"),
        ("www CNAME a\na CNAME www\n", ""),
        ("www CNAME nowhere\n@ MX 0 .\n", ""),
    ],
)
async def test_names_inside_the_zone_are_followed_to_their_end(world: World, records: str, told: str) -> None:
    """S4.8: aliases, mail exchangers, services and delegations lead to the service as surely as an address does."""
    await world.served_by_leaving(records=f"@ A 198.51.100.7\n{records}")
    await world.resolving()
    found = (await blocking(world, leaving_targets="192.0.2.10 2001:db8::7")).replace(".shop.test. ", " ")

    assert (told in found) if told else not found


async def test_a_wildcard_that_leads_to_what_ends_is_told_as_one(world: World) -> None:
    """Once, and not for each usual name; a name that is asked for is answered for."""
    await world.served_by_leaving(records="@ A 198.51.100.7\n* A 192.0.2.10\nwww A 192.0.2.11\n")
    found = await blocking(world, leaving_targets="192.0.2.10", names="shopping")

    assert found.count("A 192.0.2.10") == 2
    assert "*.shop.test A 192.0.2.10" in found
    assert "shopping.shop.test A 192.0.2.10" in found


async def test_a_name_that_is_written_whole_is_not_looked_for_below_itself(world: World) -> None:
    """``intranet.shop.test`` without a final dot means that name, in the zone that it ends with."""
    for name in ("intranet", f"intranet.{ZONE}", f"intranet.{ZONE}."):
        text = await blocking(world, leaving_targets="192.0.2.77", names=name)
        assert f"intranet.{ZONE} A 192.0.2.77" in text
    with pytest.raises(UnrackError, match="in none of the zones"):
        await world.findings("check-not-serving", leaving_targets="192.0.2.77", names="www.other.test.")


@pytest.mark.parametrize("given", [OLD, LEAVING, "*.leaving.test"])
@pytest.mark.parametrize("before", [True, False], ids=["seen before", "first seen moved"])
async def test_old_answers_are_waited_for_however_the_old_servers_are_named(
    world: World, given: str, *, before: bool
) -> None:
    """RFC 2181: the zone's own NS records are kept for their own time, a day here, and not for the parent's minute."""
    await world.served_by_leaving(ttl=DAY)
    if before:
        assert not (await world.dns.poll(world.call("await-moved", leaving_name_servers=given), NOTHING)).reached
    await _moved(world, old_ttl=DAY)
    looked = await world.dns.poll(world.call("await-moved", leaving_name_servers=given), NOTHING)
    unknown = given.startswith("*") and not before

    assert not looked.reached
    assert looked.look_again_at == world.clock + timedelta(days=2 if unknown else 1)
    assert ("two days are allowed" in looked.note) == unknown

    assert looked.look_again_at is not None
    world.clock = looked.look_again_at
    assert (await world.dns.poll(world.call("await-moved", leaving_name_servers=given), NOTHING)).reached


@pytest.mark.parametrize("parameters", [{"leaving_name_servers": OLD}, {"new_name_servers": NEW}])
async def test_where_no_old_server_tells_two_days_are_allowed(world: World, parameters: dict[str, str]) -> None:
    """An old server that was switched off, or that nobody named, has told its answers to the world all the same."""
    await world.leaving.stop()
    await world.delegate(NEW)
    await world.served_by_coming()
    await world.resolving(COMING)
    looked = await world.dns.poll(world.call("await-moved", 1.0, **parameters), NOTHING)

    assert looked.look_again_at == world.clock + timedelta(days=2)


async def test_new_servers_may_be_named_by_their_addresses(world: World) -> None:
    """They are known by them, and missed by them."""
    await _moved(world)
    missed = await world.dns.poll(world.call("await-moved", new_name_servers=f"{COMING} 127.0.0.9"), NOTHING)
    there = await world.dns.poll(world.call("await-moved", new_name_servers=COMING), NOTHING)

    assert "does not delegate shop.test to 127.0.0.9 yet" in missed.note
    assert "all agree" in there.note


async def _kept(world: World, **parameters: str) -> tuple[str, dns.zone.Zone]:
    captured = await world.dns.capture(world.call("capture-zone", 1.0, **parameters), NOTHING)
    content = captured.records[0].content.decode()
    return content, dns.zone.from_text(content, origin=f"{ZONE}.", relativize=True)


async def test_what_a_wildcard_makes_up_is_not_kept_as_records(world: World) -> None:
    """RFC 4592: the file has the wildcard once, and says that it stands there; names of their own stay."""
    records = "@ A 203.0.113.8\n* A 203.0.113.9\nmail A 203.0.113.9\nmail MX 5 mail\nwww A 203.0.113.10\n"
    await world.served_by_leaving(records=records)
    content, zone = await _kept(world, names="shopping")

    assert {name.to_text() for name in zone.nodes} == {"@", "*", "mail", "www"}
    assert {one.rdtype for one in zone.nodes[dns.name.from_text("mail", None)]} == {RdataType.A, RdataType.MX}
    assert "; a wildcard stands at *.shop.test (A): names for which only it answers are not listed" in content


async def test_a_wildcard_further_down_is_kept_where_it_stands(world: World) -> None:
    """As one for every selector of mail signatures."""
    await world.served_by_leaving(records='*._domainkey TXT "v=DKIM1"\n* CNAME @\n_sip._tls SRV 0 1 5061 @\n')
    content, zone = await _kept(world, names="dev.eu")

    assert {name.to_text() for name in zone.nodes} == {"@", "*", "*._domainkey", "_sip._tls"}
    assert "a wildcard stands at *._domainkey.shop.test (TXT)" in content


async def test_a_zone_without_a_wildcard_says_of_none(world: World) -> None:
    """And has what it had."""
    content, zone = await _kept(world)

    assert "wildcard" not in content
    assert {name.to_text() for name in zone.nodes} == {"@", "www", "mail"}


async def test_a_cname_beside_other_records_is_kept_and_told(world: World) -> None:
    """Some servers answer so, though no zone may: nothing is dropped, and a person chooses before it is served."""
    await world.leaving.stop()
    records = {
        (f"{ZONE}.", "NS"): [f"{OLD}."],
        (f"{ZONE}.", "SOA"): [f"{OLD}. hostmaster.{ZONE}. 7 60 60 60 60"],
        (f"www.{ZONE}.", "CNAME"): [f"{ZONE}."],
        (f"www.{ZONE}.", "A"): ["192.0.2.10"],
        (f"www.{ZONE}.", "TXT"): ['"kept"'],
    }
    async with played(LEAVING, world.leaving.port, records) as server:
        captured = await world.dns.capture(world.call("capture-zone", leaving_name_servers=OLD), NOTHING)
        content = captured.records[0].content.decode()

    assert server.asked > 100
    for line in ("www 60 IN CNAME @", "www 60 IN A 192.0.2.10", 'www 60 IN TXT "kept"'):
        assert f"\n{line}\n" in content
    for told in (content, captured.note):
        assert f"www.{ZONE} has a CNAME beside A, TXT" in told


def test_a_transferred_zone_keeps_what_stands_beside_a_cname() -> None:
    """In whatever order the records come."""
    www, zone = dns.name.from_text(f"www.{ZONE}"), KeptZone(f"{ZONE}.", relativize=False)
    given = [("CNAME", f"{ZONE}."), ("A", "192.0.2.10"), ("NSEC", f"{ZONE}. A CNAME")]
    for order in (given, given[::-1]):
        with zone.writer(replacement=True) as transaction:
            for kind, record in order:
                transaction.add(www, dns.rdataset.from_text("IN", kind, 60, record))

        assert {rdataset.rdtype for rdataset in zone.nodes[www]} == {RdataType.CNAME, RdataType.A, RdataType.NSEC}
        assert beside_cname(zone) == (
            f"www.{ZONE} has a CNAME beside A: no zone may have that, so choose before it is served elsewhere",
        )


async def test_a_server_that_drops_what_comes_too_fast_is_asked_over_tcp(world: World) -> None:
    """Many limit their rate of answers; that is no silence, and nothing of the zone is missing for it."""
    await world.leaving.stop()
    records = {(f"{ZONE}.", "NS"): [f"{OLD}."], (f"www.{ZONE}.", "A"): ["192.0.2.10"]}
    async with played(LEAVING, world.leaving.port, records, udp=False):
        told = "\n".join(await world.findings("check-delegation"))

    assert f"{ZONE} at {OLD} ({LEAVING}): serial None, names {OLD}" in told
