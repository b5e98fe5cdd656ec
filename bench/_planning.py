"""What planning costs beside how many invoices are open: shared by the measurements of the engine."""

from bench import _floor
from bench._meter import reset_peak
from bench._world import DAY, DUE_OF, QUIET_DUES

TIMES = 5
# Work that is the same at every size, measured in the same turns: how fast the machine is just then.
YARDSTICK = "SELECT count(DISTINCT md5(n::text)) FROM generate_series(1, 50000) n"
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


def measure_planning(env, world, meter, size, due):
    """Plan the due set and undo it: the statement, the whole day, the floor."""
    planner = env["kgw.planner"]

    def whole_day():
        return planner._run_day(DAY, world.morning)

    def statement():
        return planner._plan(DAY, world.morning)

    def floor():
        return _floor.plan(env, DAY, world.morning)

    def yardstick():
        env.cr.execute(YARDSTICK)
        return env.cr.rowcount

    works = {"day": whole_day, "plan": statement, "floor": floor, "yardstick": yardstick}
    works = {f"{name} {size}": work for name, work in works.items()}
    for name, count in meter.take_turns(works, TIMES).items():
        print(f"  {name} open invoices: {count} rows")
        tell(f"{name} open invoices", meter.costs[name], due, "due receivable")


def grow(world, env, target, have):
    """Add open invoices of which nothing is due."""
    for due in QUIET_DUES:
        world.add(due, (target - have) // len(QUIET_DUES), per_case=5)
    vacuum(env.cr)
    env.invalidate_all()


def measure_growth(env, world, meter, small, large, due):
    """Plan the same due set among few and among many open invoices.

    :return: MB of memory in use before anything was planned
    """
    world.create()
    world.add(DUE_OF["email"], due, per_case=PER_CASE)
    grow(world, env, small, due)
    idle = reset_peak()
    measure_planning(env, world, meter, small, due)
    grow(world, env, large, small)
    measure_planning(env, world, meter, large, due)
    return idle


def judge_planning(meter, small, large, name="engine"):
    """Print the goals of planning."""
    cost = {work: c.cpu for work, c in meter.costs.items()}
    speed = cost[f"yardstick {large}"] / cost[f"yardstick {small}"]
    print(
        f"  the machine took {speed:.2f} times as long for the same work at {large} open invoices"
    )
    goal(f"{name}_plan_to_statement", cost[f"plan {large}"] / cost[f"floor {large}"], 2)
    for work in ("plan", "day"):
        growth = cost[f"{work} {large}"] / cost[f"{work} {small}"] / speed
        goal(f"{name}_{work}_in_10x_more", growth, 1.3)
