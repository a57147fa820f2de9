"""The dashboard's way of writing numbers, once more and by other means: what it shows is compared with it."""
import decimal


def value_of(status, path):
    """`out.results` of the status; None where a part of the way is absent."""
    for name in path.split("."):
        status = status.get(name) if isinstance(status, dict) else None
    return status


def _rounded(value, digits):
    """As people round: halves away from zero, of the number as it is held."""
    step = decimal.Decimal(1).scaleb(-digits)
    return f"{decimal.Decimal(value).quantize(step, decimal.ROUND_HALF_UP):,}"


def count(value):
    if value >= 1e9:
        return f"{_rounded(value / 1e9, 2)} G"
    return f"{_rounded(value / 1e6, 2)} M" if value >= 1e7 else _rounded(value, 0)


def rate(value):
    return _rounded(value, 1) if value < 100 else count(value)


def bytes_(value):
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            return f"{_rounded(value, 0 if unit == 'B' or value >= 100 else 1)} {unit}"
        value /= 1024
    raise AssertionError("there is a last unit")


def uptime(value):
    whole = int(value)
    for size, unit, part, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // part} {small}"
    return f"{whole} s"


def time(value):
    if value <= 0:
        return "0 ms"
    if value < 0.001:
        return f"{_rounded(value * 1e6, 0)} µs"
    if value < 1:
        return f"{_rounded(value * 1e3, 1 if value < 0.1 else 0)} ms"
    return f"{_rounded(value, 1)} s" if value < 100 else uptime(value)


_FORMS = {"count": count, "rate": rate, "bytes": bytes_, "time": time, "uptime": uptime}


def text_of(value, form):
    """What the page shows of it."""
    if value is None:
        return "–"
    return _FORMS[form](value) if form else str(value)
