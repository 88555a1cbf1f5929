"""Names of the town in both databases: what a file lets go of keeps its name."""

from storage.database import Database
from storage.requests.town_names import TownNames
from tests.tickets.towns import TOWN
from tickets.town.load import remembering
from tickets.town.model import Named


async def test_a_name_outlives_its_item_and_follows_a_change(database: Database) -> None:
    store = TownNames(database)
    kept = await store.keep(TOWN.names())
    assert sorted(kept, key=str) == sorted(TOWN.names(), key=str)
    gone = Named(kind="topic", id="at_arabasi", tr="At arabası", en="Horse cart")
    renamed = Named(kind="topic", id="at_arabasi", tr="Fayton", en="Carriage")
    assert gone in await store.keep([gone])
    later = await store.keep([renamed])
    assert renamed in later
    assert gone not in later
    after_restart = remembering(TOWN, await store.keep(TOWN.names()))
    assert after_restart.name("topic", "at_arabasi") == "Fayton"
    assert list(after_restart.retired) == [("topic", "at_arabasi")]
    assert remembering(after_restart, later).retired == after_restart.retired
