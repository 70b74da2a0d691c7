# SPDX-License-Identifier: MIT
"""What the readings say, as text, as JSON, and in docs/performance.md."""

import json
import random
import statistics

BEGIN = "<!-- bench-engines: begin -->\n"
END = "<!-- bench-engines: end -->\n"
RESAMPLES = 1000

# A variant, and the one without seccomp that it is compared with.
BASES = {"system": "none", "dropin": "dropin-none", "sbpf-oci": "sbpf-oci-none"}

ORDER = ("none", "system", "dropin-none", "dropin", "sbpf-oci-none", "sbpf-oci")


def title(key, versions):
    return {
        "none": "no seccomp",
        "system": f"libseccomp {versions['libseccomp']}",
        "dropin-none": "drop-in, no seccomp",
        "dropin": "drop-in",
        "sbpf-oci-none": "sbpf-oci, no seccomp",
        "sbpf-oci": "sbpf-oci",
    }[key]


def engine_title(name, versions):
    if name.startswith("docker-"):
        runtime = name.partition("-")[2]
        return f"docker run, Docker {versions['docker']} with {runtime} {versions[runtime]}"
    return f"{name} {versions[name]}"


def milliseconds(readings):
    return statistics.median(readings) / 1000


def quartiles(readings):
    """The first and the third, in milliseconds."""
    ordered = sorted(readings)
    last = len(ordered) - 1
    return ordered[round(last * 0.25)] / 1000, ordered[round(last * 0.75)] / 1000


def added(readings, base):
    """By how much the median is above that of the base, and the bounds of 95 % for that.

    The bounds are those of a bootstrap over the rounds: a round's two readings stay together.
    """
    numbers = random.Random(1)
    pairs = list(zip(readings, base))
    differences = []
    for _ in range(RESAMPLES):
        drawn = numbers.choices(pairs, k=len(pairs))
        differences.append(milliseconds([pair[0] for pair in drawn]) -
                           milliseconds([pair[1] for pair in drawn]))
    differences.sort()
    return (milliseconds(readings) - milliseconds(base),
            differences[round(RESAMPLES * 0.025)], differences[round(RESAMPLES * 0.975) - 1])


def summarize_variant(measured, key):
    start = measured["start_us"]
    summary = {"start_ms": milliseconds(start[key]), "quartiles_ms": quartiles(start[key])}
    if key in BASES:
        summary["added_ms"] = added(start[key], start[BASES[key]])
        summary["added_to_plain_ms"] = added(start[key], start["none"])
        summary["instructions"] = measured["instructions"][key]
        summary["install_ms"] = milliseconds(measured["install_us"][key])
        if key in measured["compile_us"]:
            summary["compile_ms"] = milliseconds(measured["compile_us"][key])
    return summary


def summarize(measured):
    return {key: summarize_variant(measured, key) for key in ORDER if key in measured["start_us"]}


def row(name, summary):
    low, high = summary["quartiles_ms"]
    text = f"{name:24}{summary['start_ms']:8.2f} {f'{low:.2f}..{high:.2f}':>16}"
    if "added_ms" in summary:
        value, low, high = summary["added_ms"]
        compile_ms = f"{summary['compile_ms']:.2f}" if "compile_ms" in summary else ""
        text += (f"{value:9.2f} {f'{low:.2f}..{high:.2f}':>13}{summary['instructions']:8}"
                 f"{compile_ms:>8}{summary['install_ms']:8.2f}")
    return text.rstrip()


def part(value, whole):
    """Milliseconds, and which part of the whole they are, where that can be said."""
    if whole <= 0 or value * 1000 < whole:
        return f"{value:.2f} ms"
    return f"{value:.2f} ms = 1/{whole / value:.1f}"


def shares(summaries):
    whole = summaries["system"]["added_ms"][0]
    lines = [f"Of the {whole:.2f} ms that seccomp adds with libseccomp there remain, over the same "
             "without seccomp,",
             "and over the first line:"]
    for key in ("dropin", "sbpf-oci"):
        if key in summaries:
            own = part(summaries[key]["added_ms"][0], whole)
            plain = part(summaries[key]["added_to_plain_ms"][0], whole)
            lines.append(f"{title(key, {'libseccomp': ''}):24}{own:>20}{plain:>20}")
    return lines


def engine_table(name, measured, versions):
    summaries = summarize(measured)
    return [
        f"{engine_title(name, versions)}; {measured['rounds']} rounds",
        f"{'':24}{'start to exit, ms':>25}{'seccomp adds, ms':>23}{'size':>8}{'compile':>8}"
        f"{'install':>8}",
        f"{'':24}{'median':>8} {'quartiles':>16}{'median':>9} {'95 %':>13}{'':>8}{'ms':>8}"
        f"{'ms':>8}",
        *(row(title(key, versions), summary) for key, summary in summaries.items()),
        *shares(summaries),
        "",
    ]


def alone_table(measured):
    start = measured["start_us"]
    lines = [f"sbpf-oci alone, before /bin/true as its runtime; {measured['rounds']} rounds, ms"]
    for key, name in (("true", "/bin/true"), ("without", "no seccomp"), ("with", "seccomp")):
        low, high = quartiles(start[key])
        lines.append(f"{name:24}{milliseconds(start[key]):8.2f} {f'{low:.2f}..{high:.2f}':>16}")
    return lines + [""]


def as_text(results):
    versions = results["versions"]
    lines = [f"Linux {versions['kernel']}, libsbpf {versions['libsbpf']}, "
             f"libseccomp {versions['libseccomp']}; profiles/docker.json", ""]
    for name, measured in results["engines"].items():
        if name == "sbpf-oci":
            lines += alone_table(measured)
        else:
            lines += engine_table(name, measured, versions)
    return "\n".join(lines).rstrip("\n")


def as_json(results):
    summaries = {name: summarize(measured) for name, measured in results["engines"].items()
                 if "instructions" in measured}
    return json.dumps({**results, "summaries": summaries}, indent=1)


def write_into(path, results):
    """Replaces what stands between the two marks."""
    with open(path, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{path}: wants the lines {BEGIN.strip()} and {END.strip()}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}```\n{as_text(results)}\n```\n{END}{after}")
