//! Readings with a cache and without, after any order of events.

use super::*;

/// An event; the numbers select what it is about.
#[derive(Clone, Debug)]
enum Event {
    Time(i64),
    Ask {
        who: usize,
        off: i64,
        extends: Option<usize>,
    },
    Say {
        what: usize,
        which: usize,
        off: i64,
    },
    Act {
        what: usize,
        which: usize,
    },
    Glass {
        off: i64,
    },
    Publish,
    Sweep,
    /// A reading by the reader of that number, of so many days; afterwards the cache is stored and loaded
    /// again, or the process is killed before it is stored.
    Read {
        reader: usize,
        days: i64,
        is_kept: bool,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let off = || -300i64..=300;
    prop_oneof![
        2 => prop_oneof![Just(1), 1i64..1000, Just(DAY), Just(40 * DAY)].prop_map(Event::Time),
        3 => (0usize..3, off(), prop::option::of(0usize..50)).prop_map(|(who, off, extends)| Event::Ask { who, off, extends }),
        4 => (0usize..4, 0usize..50, off()).prop_map(|(what, which, off)| Event::Say { what, which, off }),
        3 => (0usize..3, 0usize..50).prop_map(|(what, which)| Event::Act { what, which }),
        1 => off().prop_map(|off| Event::Glass { off }),
        1 => Just(Event::Publish),
        1 => Just(Event::Sweep),
        4 => (0usize..2, prop_oneof![Just(1i64), Just(15), Just(10_000)], any::<bool>())
            .prop_map(|(reader, days, is_kept)| Event::Read { reader, days, is_kept }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_reading_with_a_cache_says_what_one_without_says(events in prop::collection::vec(event(), 1..60)) {
        let mut world = World::new();
        let readers: [Files; 2] = Default::default();
        for event in events {
            let recent = |all: &[(Id, Hash)], which: usize, now: Timestamp| {
                // Acts and votes arrive while there is something to decide or to end.
                let fits: Vec<_> = all.iter().filter(|(id, _)| now.0 - id.at().0 < 14 * DAY).copied().collect();
                (!fits.is_empty()).then(|| fits[which % fits.len()])
            };
            match event {
                Event::Time(seconds) => world.pass_time(seconds),
                Event::Ask { who, off, extends } => {
                    // Of any age: the reader does not limit the age of the parent.
                    let parent = extends.filter(|_| !world.requests.is_empty());
                    let parent = parent.map(|which| world.requests[which % world.requests.len()].0);
                    world.ask(["alice@corp.com", "carol@corp.com", "bob@corp.com"][who], off, parent);
                }
                Event::Say { what, which, off } => {
                    let all = if what == 3 { &world.uses } else { &world.requests };
                    let about = match what { 3 => all.get(which % all.len().max(1)).copied(), _ => recent(all, which, world.now()) };
                    let Some((request, sha256)) = about else { continue };
                    let (reason, vote) = (String::new(), Vouch::Approve);
                    let fact = match what {
                        0 => Fact::Vote(Vote { request, sha256, vote, reason }),
                        1 => Fact::Drop(Drop { request, sha256 }),
                        2 => Fact::Revoke(jit_access::ledger::Revoke { request, sha256, reason }),
                        _ => Fact::Review(Review { request, sha256, vote, reason }),
                    };
                    world.fact(&userid("hub", "dan"), off, &fact);
                }
                Event::Act { what, which } => {
                    let Some(about) = recent(&world.requests, which, world.now()) else { continue };
                    match what {
                        0 => world.decide(about),
                        1 => world.act(about.0, ActKind::Applied, &Act::Applied(Applied { roles: Vec::new() })),
                        _ => world.act(about.0, ActKind::Ended, &Act::Ended(Ended { cause: Cause::Time, fact: None })),
                    }
                }
                Event::Glass { off } => world.use_glass(off),
                Event::Publish => world.publish(),
                Event::Sweep => {
                    let (id, sweep) = (world.id(0), Sweep { version: "1".into(), policy: "p".into() });
                    world.put(Session::Applier, &Key::Sweep { id, kind: SweepKind::Sweep }, &sweep.to_bytes());
                }
                Event::Read { reader, days, is_kept } => {
                    let shelf = &readers[reader];
                    let mut cache = Cache::load(shelf, "x");
                    let since = Timestamp((world.now().0 - days * DAY).max(0));
                    let read = cache.read(&world.ledger, shelf, since, world.now()).unwrap();
                    assert_same(&world, &read.records, since);
                    // Again immediately: nothing is read, and nothing changes.
                    let again = cache.read(&world.ledger, shelf, since, world.now()).unwrap();
                    prop_assert_eq!(again.got, 0);
                    assert_same(&world, &again.records, since);
                    if is_kept {
                        cache.save(shelf).unwrap();
                        let mut loaded = Cache::load(shelf, "x");
                        let third = loaded.read(&world.ledger, shelf, since, world.now()).unwrap();
                        prop_assert_eq!(third.got, 0);
                        assert_same(&world, &third.records, since);
                    }
                }
            }
        }
    }
}
