"""What planning costs beside how many invoices are open: shared by the measurements of the engine."""

from bench import _floor
from bench._databases import environment_beside
from bench._meter import Meter, reset_peak, take_turns
from bench._world import DAY, DUE_OF, QUIET_DUES, World

TIMES = 10
PER_CASE = 2


def goal(name, figure, limit, at_least=False):
    """Print one goal; ``limit`` is the largest figure allowed, or the smallest."""
    met = figure >= limit if at_least else figure <= limit
    sign = ">=" if at_least else "<="
    print(f"GOAL {name} {figure:.2f} {sign}{limit} {'ok' if met else 'short'}", flush=True)


def tell(name, cost, units, unit):
    """Print what one unit cost."""
    print(
        f"  {name:<34}{cost.cpu / units * 1000:9.3f} ms CPU {cost.wall / units * 1000:9.3f} ms wall"
        f"{cost.queries / units:8.2f} SQL a {unit}",
        flush=True,
    )


def vacuum(cr):
    """Clean up what was rolled back, so that every size starts alike."""
    cr.commit()
    cr._cnx.autocommit = True
    cr.execute("VACUUM ANALYZE")
    cr._cnx.autocommit = False


def planning_works(env, world, meter, size):
    """Return the pieces of work to plan the due set: the statement, the whole day, the floor."""
    planner = env["kgw.planner"]
    works = {
        "day": lambda: planner._run_day(DAY, world.morning),
        "plan": lambda: planner._plan(DAY, world.morning),
        "floor": lambda: _floor.plan(env, DAY, world.morning),
    }
    return {f"{name} {size}": (meter, work) for name, work in works.items()}


def make_world(env, open_invoices, due):
    """Return a world with so many open invoices, of which ``due`` get an e-mail on the day."""
    world = World(env)
    world.create()
    world.add(DUE_OF["email"], due, per_case=PER_CASE)
    for quiet in QUIET_DUES:
        world.add(quiet, (open_invoices - due) // len(QUIET_DUES), per_case=5)
    vacuum(env.cr)
    env.invalidate_all()
    return world


def measure_growth(env, meter, small, large, due):
    """Plan the same due set among few and among many open invoices.

    The few stand in a database of their own, so that both take turns: the speed of a machine
    changes while many invoices are made.

    :return: the world with many, and MB of memory in use before anything was planned
    """
    world = make_world(env, large, due)
    with environment_beside(env, "small") as beside:
        few = make_world(beside, small, due)
        idle = reset_peak()
        works = planning_works(beside, few, Meter(beside.cr), small)
        works |= planning_works(env, world, meter, large)
        for name, count in take_turns(works, TIMES).items():
            print(f"  {name} open invoices: {count} rows")
            own, _work = works[name]
            tell(f"{name} open invoices", own.costs[name], due, "due receivable")
            meter.costs[name] = own.costs[name]
    return world, idle


def judge_planning(meter, small, large, name="engine"):
    """Print the goals of planning."""
    cost = {work: c.cpu for work, c in meter.costs.items()}
    goal(f"{name}_plan_to_statement", cost[f"plan {large}"] / cost[f"floor {large}"], 2)
    for work in ("plan", "day"):
        growth = cost[f"{work} {large}"] / cost[f"{work} {small}"]
        goal(f"{name}_{work}_in_10x_more", growth, 1.3)
