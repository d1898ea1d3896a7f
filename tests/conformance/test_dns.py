"""The DNS actions against real authoritative servers, a delegating parent and real resolvers, all on loopback."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import dns.zone
import pytest
from dns.rdatatype import RdataType

from tests.conformance.dns_world import COMING, DS, LEAVING, NOTHING, ZONE, World, built
from unrack.model.errors import Category, UnrackError

OLD = "ns1.leaving.test"
NEW = "ns1.coming.test"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    world = built(tmp_path)
    try:
        await asyncio.gather(world.delegate(OLD), world.served_by_leaving(), world.resolving())
        yield world
    finally:
        await world.close()


def text(findings: object) -> str:
    """All findings in one string."""
    return "\n".join(findings if isinstance(findings, dict) else ())


async def test_the_delegation_is_read_at_the_parent_and_at_each_server(world: World) -> None:
    """S4.8: who answers for the zone, at the parent and at each server itself; it tells and does not block."""
    found = await world.findings("check-delegation", leaving_name_servers=OLD)

    assert f"test delegates {ZONE} to {OLD}, kept for 60 s" in found
    assert f"{ZONE} at {OLD} ({LEAVING}): serial 1, names {OLD} for 60 s" in found
    assert f"{OLD} belong to what ends" in text(found)
    assert not any(found.values())


async def test_a_name_server_is_known_by_the_domain_it_is_in(world: World) -> None:
    """A provider's name servers are many; ``*.leaving.test`` means all of them, and not ``leaving.test``."""
    assert f"{OLD} belong" in text(await world.findings("check-delegation", leaving_name_servers="*.leaving.test"))
    assert "none of the name" in text(await world.findings("check-delegation", leaving_name_servers=f"*.{OLD}"))


async def test_the_ds_at_the_parent_is_shown_and_compared_with_the_keys(world: World) -> None:
    """A DS record that no key of the servers matches fails the zone for everyone who validates."""
    assert "has no DS record" in text(await world.findings("check-delegation"))

    await world.delegate(OLD, ds=DS)
    found = text(await world.findings("check-delegation"))

    assert f"DS of {ZONE} at the parent: {DS[:10]}" in found
    assert f"{OLD} publish no key that matches: validation fails there" in found


async def test_a_server_that_does_not_answer_for_the_zone_is_told(world: World) -> None:
    """A delegation to a server that does not know the zone is seen before anyone relies on it."""
    await world.delegate(OLD, NEW)
    await world.coming.serve({"other.test.": "$ORIGIN other.test.\n@ 60 SOA a b 1 1 1 1 1\n@ 60 NS a.test.\n"})

    found = text(await world.findings("check-delegation"))

    assert f"{ZONE} at {NEW} ({COMING}): answers REFUSED" in found


async def test_a_service_that_still_answers_for_a_zone_is_not_ended(world: World) -> None:
    """S4.8: the delegation still names the leaving server, so the check blocks and a person decides with a reason."""
    found = await world.findings("check-not-serving", leaving_name_servers=OLD)

    assert found == {f"{ZONE} is still delegated to {OLD}: ending the service breaks it (S4.8)": True}


async def test_a_moved_zone_lets_the_service_end_at_once(world: World) -> None:
    """No answer of a cache counts: the resolvers still hold the old delegation; parent and servers are asked."""
    await world.findings("check-not-serving", leaving_name_servers=OLD)
    await world.delegate(NEW)
    await world.served_by_coming()

    found = await world.findings("check-not-serving", leaving_name_servers=OLD)

    assert found == {f"{ZONE} does not need what ends: it is delegated to {NEW}": False}


async def test_new_servers_that_still_name_the_old_ones_block(world: World) -> None:
    """Resolvers believe the zone's own NS records, so a copied zone still leads to the server that ends."""
    await world.delegate(NEW)
    await world.served_by_coming(NEW, OLD)

    found = await world.findings("check-not-serving", leaving_name_servers=OLD)

    assert found == {f"{NEW} answers for {ZONE} and names {OLD} beside itself: remove those records": True}


async def test_new_servers_that_do_not_serve_block(world: World) -> None:
    """Moved at the parent but served by nobody: what was cached would hide the outage until after the end."""
    await world.delegate(NEW)

    found = await world.findings("check-not-serving", leaving_name_servers=OLD)

    assert list(found.values()) == [True]
    assert f"no name server to which {ZONE} is delegated answers" in text(found)


async def test_records_that_point_at_the_service_block(world: World) -> None:
    """S4.8: custom records too: an address, a mail exchanger or an alias on what ends."""
    targets = {"leaving_targets": "192.0.2.10 mail.shop.test", "names": "intranet"}
    found = await world.findings("check-not-serving", **targets)

    assert set(found.values()) == {True}
    assert "shop.test A 192.0.2.10" in text(found)
    assert "shop.test MX 10 mail.shop.test." in text(found)

    elsewhere = await world.findings("check-not-serving", leaving_targets="198.51.100.1", names="intranet")
    assert set(elsewhere.values()) == {False}
    assert "intranet.shop.test" in text(elsewhere)

    named = await world.findings("check-not-serving", leaving_targets="192.0.2.77", names="intranet")
    assert list(named.values()) == [True]


async def test_nothing_to_compare_with_is_not_taken_for_a_yes(world: World) -> None:
    """Without the leaving servers or addresses nobody can tell, and the check says so instead of passing."""
    for action in ("check-not-serving", "check-delegation"):
        with pytest.raises(UnrackError) as raised:
            await world.findings(action, **({"zones": ""} if action == "check-delegation" else {}))
        assert raised.value.problem.category is Category.INVALID


async def test_a_zone_that_may_be_transferred_is_kept_whole(world: World) -> None:
    """S4.8, S4.5: before anything is lost, every record, also those that nobody would think to ask for."""
    await world.served_by_leaving(transfers=True)

    captured = await world.dns.capture(world.call("capture-zone", leaving_name_servers=OLD), NOTHING)

    (record,) = captured.records
    kept = dns.zone.from_text(record.content.decode(), origin=f"{ZONE}.", relativize=False)
    assert (record.type, record.name, record.media_type) == ("dns-zone", f"{ZONE}.zone", "text/dns")
    assert "the whole zone" in captured.note
    assert kept.get_rdataset(f"intranet.{ZONE}.", RdataType.A)


async def test_a_zone_that_may_not_be_transferred_is_asked_for_and_says_so(world: World) -> None:
    """What can be asked is kept; the file says that it is not the whole zone, what was asked, and who refused."""
    call = world.call("capture-zone", leaving_name_servers=OLD)
    captured = await world.dns.capture(call, NOTHING)

    content = captured.records[0].content.decode()
    kept = dns.zone.from_text(content, origin=f"{ZONE}.", relativize=False)
    assert "NOT the whole zone" in captured.note
    assert "; NOT the whole zone: no server allows a transfer" in content
    assert f"; transfer refused: {OLD} ({LEAVING}):" in content
    assert kept.get_rdataset(f"{ZONE}.", RdataType.MX)
    assert kept.get_rdataset(f"www.{ZONE}.", RdataType.CNAME)
    assert kept.get_rdataset(f"intranet.{ZONE}.", RdataType.A) is None

    named = await world.dns.capture(world.call("capture-zone", names="intranet"), NOTHING)
    kept = dns.zone.from_text(named.records[0].content.decode(), origin=f"{ZONE}.", relativize=False)
    assert kept.get_rdataset(f"intranet.{ZONE}.", RdataType.A)


async def test_a_zone_that_nobody_serves_cannot_be_kept(world: World) -> None:
    """The step parks with who was asked, instead of keeping an empty file as if it were the zone."""
    await world.leaving.stop()

    with pytest.raises(UnrackError) as raised:
        await world.dns.capture(world.call("capture-zone"), NOTHING)

    assert raised.value.problem.category is Category.NOT_FOUND
    assert OLD in raised.value.problem.message


async def test_a_move_is_awaited_until_old_answers_have_run_out(world: World) -> None:
    """S4.8: at the parent first, then at every resolver, then for as long as anyone may hold the old answer."""
    call = world.call("await-moved", leaving_name_servers=OLD)
    before = await world.dns.poll(call, NOTHING)
    assert not before.reached
    assert f"test still delegates {ZONE} to {OLD}" in before.note

    await world.delegate(NEW, ttl=3600)
    await world.served_by_coming()
    await world.resolving(COMING)
    moved = await world.dns.poll(call, NOTHING)
    assert not moved.reached
    assert moved.look_again_at == world.clock + timedelta(seconds=3600)
    assert "all agree" in moved.note

    world.clock += timedelta(seconds=3599)
    assert not (await world.dns.poll(world.call("await-moved", leaving_name_servers=OLD), NOTHING)).reached
    world.clock += timedelta(seconds=1)
    after = await world.dns.poll(world.call("await-moved", leaving_name_servers=OLD), NOTHING)

    assert after.reached
    assert NEW in after.records[0].content.decode()


async def test_a_resolver_that_still_tells_the_old_servers_is_waited_for(world: World) -> None:
    """TTLs are honoured: it is looked at again when what that resolver holds has run out, and not before."""
    await world.served_by_leaving(ttl=2)
    await world.resolving(LEAVING)
    await world.dns.poll(world.call("await-moved", leaving_name_servers=OLD), NOTHING)  # both resolvers now hold it
    await world.delegate(NEW, ttl=1)
    await world.served_by_coming()
    await world.leaving.serve({f"{ZONE}.": world.coming.zones[f"{ZONE}."]})

    held = await world.dns.poll(world.call("await-moved", leaving_name_servers=OLD, new_name_servers=NEW), NOTHING)

    assert not held.reached
    assert f"tells {OLD} for" in held.note
    assert held.look_again_at is not None
    assert held.look_again_at > world.clock
    deadline = asyncio.get_running_loop().time() + 20
    while True:  # the resolvers' caches run in real time
        world.clock += timedelta(seconds=5)
        looked = await world.dns.poll(world.call("await-moved", leaving_name_servers=OLD), NOTHING)
        if looked.reached:
            break
        assert asyncio.get_running_loop().time() < deadline, looked.note
        await asyncio.sleep(0.2)


async def test_a_move_that_is_taken_back_begins_anew(world: World) -> None:
    """What was waited for a first move does not count for a second one."""
    await world.delegate(NEW, ttl=100)
    await world.served_by_coming()
    await world.resolving(COMING)
    assert not (await world.dns.poll(world.call("await-moved", leaving_name_servers=OLD), NOTHING)).reached
    await world.delegate(OLD, NEW, ttl=100)
    world.clock += timedelta(seconds=100)
    assert not (await world.dns.poll(world.call("await-moved", leaving_name_servers=OLD), NOTHING)).reached
    await world.delegate(NEW, ttl=100)

    again = await world.dns.poll(world.call("await-moved", leaving_name_servers=OLD), NOTHING)

    assert again.look_again_at == world.clock + timedelta(seconds=100)


async def test_the_named_new_servers_must_all_be_there(world: World) -> None:
    """A half-made change is not a move."""
    await world.delegate(NEW)
    await world.served_by_coming()
    await world.resolving(COMING)

    looked = await world.dns.poll(world.call("await-moved", new_name_servers=f"{NEW} ns2.coming.test"), NOTHING)

    assert f"test does not delegate {ZONE} to ns2.coming.test yet" in looked.note


async def test_times_are_the_runs_own(world: World) -> None:
    """DNS has no clock: a run on an accelerated simulator keeps its own, and waits are told in it."""
    await world.delegate(NEW, ttl=10)
    await world.served_by_coming()
    await world.resolving(COMING)

    looked = await world.dns.poll(world.call("await-moved", scale=3600.0, leaving_name_servers=OLD), NOTHING)

    assert (looked.clock.shown, looked.clock.scale) == (world.clock, 3600.0)
    assert looked.look_again_at == world.clock + timedelta(hours=60)  # the leaving server still says 60 s


async def test_a_silent_parent_is_not_taken_for_a_yes(world: World) -> None:
    """Who cannot be asked has not answered: the check is tried again, and does not pass."""
    await world.parent.stop()

    with pytest.raises(UnrackError) as raised:
        await world.findings("check-not-serving", leaving_name_servers=OLD)

    assert raised.value.problem.category is Category.UNAVAILABLE


async def test_silent_resolvers_are_named(world: World) -> None:
    """The person reads which resolvers were asked and where others can be named."""
    for resolver in world.resolvers:
        await resolver.stop()

    with pytest.raises(UnrackError) as raised:
        await world.findings("check-delegation")

    assert str(world.resolvers[1].port) in raised.value.problem.message
    assert "UNRACK_DNS_" in raised.value.problem.suggestion


async def test_resolvers_of_the_request_replace_those_of_the_worker(world: World) -> None:
    """A zone that only a company's own resolvers know is asked for there."""
    with pytest.raises(UnrackError) as raised:
        await world.findings("check-delegation", resolvers=f"127.0.0.1:{world.parent.port}")

    assert f"127.0.0.1:{world.parent.port}" in raised.value.problem.message
