# SPDX-License-Identifier: Apache-2.0
"""Compiles one changed file, links it with the unit tests of a build folder, and runs those that
reach it. The build folder is one of CMake and Ninja, up to date. Nothing in the checkout is written,
and in the build folder only what was learnt of the tests; what is made is in a folder of its own."""
import collections
import fnmatch
import hashlib
import json
import math
import os
import pathlib
import resource
import shlex
import shutil
import signal
import subprocess
import threading

# What a mistake may do besides being seen: these only say that it is no C.
STRICT = ["-Werror=int-conversion", "-Werror=incompatible-pointer-types",
          "-Werror=implicit-function-declaration"]
MEMORY_KB = 4 << 20  # a test that takes more has lost its way
OUTPUT_BYTES = 64 << 20
SEEDS = {"BULKHEAD_SEED": "1"}  # what tests draw by chance is the same each time
MEMORY = "mutate.json"  # in the build folder


class Fault(Exception):
    """The bench itself cannot go on; the text says why and what to do."""


class Children:
    """Every process that runs, so that all of them end when this one does."""

    def __init__(self, work):
        self.work = str(work)  # where they put their own temporary files, too
        self.lock, self.running, self.closed = threading.Lock(), set(), False

    def run(self, command, seconds=None, env=None, **options):
        """(exit code, output, processor seconds); code None: it took too long."""
        with self.lock:
            if self.closed:
                return 1, "", 0.0
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True, errors="replace",
                                     start_new_session=True, **options,
                                     env={**(env or os.environ), "TMPDIR": self.work})
            self.running.add(child)
        late = threading.Event()
        timer = threading.Timer(seconds or 600, lambda: (late.set(), self.end(child)))
        timer.start()
        with child.stdout:
            output = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        timer.cancel()
        with self.lock:
            self.running.discard(child)
        return (None if late.is_set() else child.returncode, output,
                used.ru_utime + used.ru_stime)

    @staticmethod
    def end(child):
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self):
        with self.lock:
            self.closed = True
            for child in self.running:
                self.end(child)


class Test:
    """One ctest program."""

    place = "program"  # where its changed program goes, in the folder of the job
    python = False

    def __init__(self, name, command, folder, link):
        self.name, self.command, self.folder = name, command, folder
        self.link = link  # its words; the program is after -o
        self.seconds = 0.0  # of processor time, without a mistake
        self.reached = {}  # source: names of its functions that the test runs
        self.key, self.measured = "", False
        self.caught = 0

    def words(self, program):
        """The command that runs it with a program of its own, and what the environment has more."""
        return [str(program), *self.command[1:]], {}

    def furnish(self, folder, _):
        """What its program needs to find in the folder of the job."""
        folder.mkdir(parents=True, exist_ok=True)

    def parts(self):
        """The files that it consists of, and the rest of its command, for its digest."""
        return [self.command[0]], self.command[1:]


class PythonTest(Test):
    """A file of Python tests that run the tool: they find it in the build folder that
    BULKHEAD_BUILD names, so a changed tool is linked into a folder like that."""

    place = "cli/bulkhead"
    python = True
    TOOL = "cli/bulkhead"

    def __init__(self, root, file, link):
        super().__init__(str(file.relative_to(root)), [self.TOOL], str(root), link)
        self.file, self.root = file, root

    def words(self, program):
        python = self.root / "build/venv/bin/python"
        return [str(python), "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p",
                "no:xdist", str(self.file)], {"BULKHEAD_BUILD": str(pathlib.Path(program).parents[1])}

    def furnish(self, folder, build):
        """What else is in a build folder, beside the changed tool."""
        (folder / self.place).parent.mkdir(parents=True, exist_ok=True)
        for there in build.iterdir():
            if there.name != "cli" and not (folder / there.name).exists():
                (folder / there.name).symlink_to(there)
        # Programs that are names of the tool are the changed one, too.
        for there in (build / "cli").iterdir():
            here = folder / "cli" / there.name
            if there.is_symlink() and not here.is_symlink():
                here.symlink_to(pathlib.Path(self.TOOL).name)

    def parts(self):
        return [self.TOOL, *map(str, sorted(self.file.parent.glob("*.py")))], [self.name]


def definitions(words):
    return sorted(w for w in words if w.startswith("-D"))


class Bench:
    def __init__(self, root, build, work):
        self.root, self.build, self.work = root, build, pathlib.Path(work)
        self.children = Children(work)
        self.tests, self.objects = [], {}
        self.original, self.seen = {}, collections.defaultdict(dict)
        self.lock = threading.Lock()

    # --- what there is ---------------------------------------------------------------------------

    def ask(self, *command):
        code, output, _ = self.children.run(list(command), cwd=self.build)
        if code:
            raise Fault(f"{shlex.join(command)}: {output.strip() or 'exit code ' + str(code)}\n"
                        f"Build {self.build} first: make host")
        return output

    def sources(self, files):
        """Which object is made of which of these files, and how."""
        try:
            entries = json.loads((self.build / "compile_commands.json").read_text())
        except (OSError, ValueError) as e:
            raise Fault(f"{self.build}/compile_commands.json: {e}\nBuild it first: make host")
        wanted = {str(f): f for f in files}
        for e in entries:
            if e["file"] not in wanted:
                continue
            words = shlex.split(e["command"])
            at = words.index("-o")
            entry = os.path.normpath(os.path.join(e["directory"], words[at + 1]))
            flags = [w for w in words[1:at] if not w.startswith(("-g", "-W"))
                     and w not in ("-c", e["file"])]
            while flags and not flags[0].startswith("-"):
                flags.pop(0)  # the compiler, if a launcher was before it
            compiler = next(w for w in words if not w.startswith("-") and "ccache" not in w)
            self.objects[os.path.relpath(entry, self.build)] = (
                wanted[e["file"]], [compiler, *flags])
        return {f for f, _ in self.objects.values()}

    def command(self, source):
        """Of several objects of one source, how the library's is compiled: the first of those with
        the fewest definitions."""
        return min((words for f, words in self.objects.values() if f == source),
                   key=lambda words: len(definitions(words)))

    def replaced(self, word, changed):
        """Is this word of a link an object of a changed source? One that was compiled with other
        definitions, such as another name for a function, stays as it is."""
        if word not in self.objects:
            return False
        source, words = self.objects[word]
        return source in changed and definitions(words) == definitions(self.command(source))

    def find_tests(self, without, python=()):
        listed = json.loads(self.ask("ctest", "--show-only=json-v1"))["tests"]
        archives = {}
        for t in listed:
            command = t.get("command")
            if not command: # it was not built
                continue
            program = os.path.relpath(command[0], self.build)
            if program.startswith("..") or any(fnmatch.fnmatch(t["name"], w) for w in without):
                continue
            link = self.link_of(program, archives)
            if not link:
                continue
            folder = next((p["value"] for p in t.get("properties", [])
                           if p["name"] == "WORKING_DIRECTORY"), str(self.build))
            test = Test(t["name"], command, folder, link)
            if any(w in self.objects for w in link) or any(archives.get(w) for w in link):
                self.tests.append(test)
        for file in python:
            self.tests.append(PythonTest(self.root, file, self.link_of(PythonTest.TOOL, archives)))
        self.archives = archives

    def link_of(self, program, archives):
        """The words that link a program, and of each archive in them which sources are in it."""
        link = shlex.split(self.ask("ninja", "-t", "commands", "-s", program).strip())
        if "-o" not in link:
            return []
        # without what CMake 3.30 and later add: the linker's list of files, kept in the build
        link = [w for w in link if w not in (":", "&&") and "--dependency-file=" not in w]
        # and without what is done with the program once it is linked
        for i in range(link.index("-o") + 1, len(link)):
            if link[i] in ("cd", "/usr/bin/cmake", "cmake"):
                link = link[:i]
                break
        for word in link:
            if word.endswith(".a") and not os.path.isabs(word) and word not in archives:
                made = self.ask("ninja", "-t", "commands", "-s", word).split()
                archives[word] = {self.objects[w][0] for w in made if w in self.objects}
        return link

    def linked(self, test, program, changed, archive=None):
        """The link command with other objects: those of changed sources, {source: object}. Where
        the test names the object itself its place is taken. One that is in an archive comes before
        all archives, so that it is taken and not the archive's; of many at once, in an archive of
        their own, those that are needed are."""
        words, placed = [], False
        for w in test.link:
            inside = self.archives.get(w, set()) & set(changed)
            if self.replaced(w, changed):
                w = str(changed[self.objects[w][0]])
            elif inside and archive:
                words.append(str(archive))
            elif inside and not placed:
                words += [str(changed[f]) for f in inside]
                placed = True
            words.append(w)
        words[words.index("-o") + 1] = str(program)
        return words

    # --- before the first mistake ----------------------------------------------------------------

    def compile(self, source, text, out, *more):
        """The words of the compiler, or None. Private headers are found where the source is."""
        changed = out.with_suffix(".c")
        changed.write_text(text)
        code, said, _ = self.children.run(
            [*self.command(source), "-iquote", str(source.parent), *STRICT, *more, "-c",
             str(changed), "-o", str(out)], seconds=120, cwd=self.build)
        return None if code == 0 else said

    def archive(self, path, objects):
        path.unlink(missing_ok=True)
        self.ask("ar", "qcs", str(path), *map(str, objects))

    def prepare(self, limit, jobs):
        """Which tests run what: each is run once with counters in the sources, within limit
        seconds. Those that take longer are skipped."""
        files = sorted({f for f, _ in self.objects.values()})
        folder = self.work / "counted"
        folder.mkdir()
        objects = {}
        for f in files:
            name = str(f.relative_to(self.root)).replace("/", "_")
            objects[f] = folder / (name[:-2] + ".o")
        left = []
        new = [t for t in self.tests if not self.recall(t, limit, left)]
        if new:
            self.each(lambda f: self.counted(f, objects[f]), files, jobs)
            inside = set().union(*self.archives.values())  # others are named in the links
            self.archive(folder / "counted.a", [objects[f] for f in files if f in inside])
            try:
                self.each(lambda t: self.measure(t, objects, limit, left), list(new), jobs)
            finally:
                self.remember(limit, left)
        self.tests = [t for t in self.tests if t not in left and t.reached]
        return sorted(t.name for t in left)

    # What was measured is kept in the build folder, by the test program's digest.

    def memory(self):
        try:
            known = json.loads((self.build / MEMORY).read_text())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) and all(
            isinstance(k, dict) for k in known.values()) else {}

    def key(self, test):
        files, words = test.parts()
        return hashlib.sha256(b"".join(pathlib.Path(self.build, f).read_bytes() for f in files)
                              + repr(words).encode()).hexdigest()

    def recall(self, test, limit, left):
        known = self.memory().get(test.name, {})
        test.key = self.key(test)
        if known.get("key") != test.key or not (
                "reached" in known or known.get("above", 0) >= limit):
            return False
        if "reached" not in known or known["seconds"] > limit:
            left.append(test)
            return True
        test.measured = True
        test.seconds = known["seconds"]
        test.reached = {self.root / f: set(names) for f, names in known["reached"].items()}
        return True

    def remember(self, limit, left):
        known = self.memory()
        for t in self.tests:
            was = known.get(t.name, {})
            if t in left and not (was.get("key") == t.key and "reached" in was):
                known[t.name] = {"key": t.key, "above": limit}
            elif t.measured and t not in left:
                known[t.name] = {"key": t.key, "seconds": t.seconds, "reached": {
                    str(f.relative_to(self.root)): sorted(names)
                    for f, names in t.reached.items()}}
        (self.build / MEMORY).write_text(json.dumps(known))

    def counted(self, source, out):
        said = self.compile(source, source.read_text(), out, "--coverage", "-O1")
        if said:
            raise Fault(f"{source} does not build: {said}")

    def measure(self, test, changed, limit, left):
        plain = self.run(test, os.path.join(self.build, test.command[0]), limit)
        if plain is None:
            left.append(test)
            return
        if plain[0]:
            raise Fault(f"the test '{test.name}' fails without any mistake: mend it, or leave it out "
                        f"(--without). It said:\n{plain[1][-2000:]}")
        test.seconds = plain[2]
        folder = self.work / "counted" / ("of_" + test.name.replace("/", "_"))
        program = folder / test.place
        test.furnish(folder, self.build)
        code, said, _ = self.children.run(
            [*self.linked(test, program, changed, self.work / "counted/counted.a"), "--coverage"],
            cwd=self.build)
        if code:
            raise Fault(f"the test '{test.name}' does not link with counters: {said}")
        depth = len((self.work / "counted").resolve().parts) - 1
        self.run(test, program, 20 * limit, {
            "GCOV_PREFIX": str(folder), "GCOV_PREFIX_STRIP": str(depth)})
        counted = sorted(folder.glob("*.gcda"))
        for c in counted:
            (folder / c.with_suffix(".gcno").name).symlink_to(
                self.work / "counted" / c.with_suffix(".gcno").name)
        sources = {str(o.with_suffix(".gcda").name): f for f, o in changed.items()}
        for c in counted:
            said = self.children.run(["gcov", "--json-format", "--stdout", c.name], cwd=folder)[1]
            for line in said.splitlines():
                if not line.startswith("{"):
                    continue
                for file in json.loads(line)["files"]:
                    names = {f["name"] for f in file["functions"] if f["execution_count"]}
                    if names and pathlib.Path(file["file"]).stem == c.stem:
                        test.reached.setdefault(sources[c.name], set()).update(names)
        shutil.rmtree(folder)
        test.measured = True

    def each(self, work, items, jobs):
        """work(item) for all of them, jobs at a time."""
        items, faults = collections.deque(items), []

        def go():
            try:
                while items and not faults and not self.children.closed:
                    work(items.popleft())
            except IndexError:
                pass
            except Exception as e:  # told in the main thread
                faults.append(e)

        threads = [threading.Thread(target=go, daemon=True) for _ in range(jobs)]
        for t in threads:
            t.start()
        for t in threads:
            while t.is_alive():
                t.join(0.2)
        if faults:
            raise faults[0]

    # --- one mistake -----------------------------------------------------------------------------

    def run(self, test, program, seconds, environment=None):
        """What Children.run() tells, or None: too long. What a lost test can take of
        the machine is bounded."""
        words, more = test.words(program)
        limits = f"ulimit -c 0; ulimit -v {MEMORY_KB}; ulimit -t {math.ceil(seconds)}; " \
                 f"ulimit -f {OUTPUT_BYTES // 512}; exec \"$@\""
        done = self.children.run(["sh", "-c", limits, "sh", *words],
                                 seconds=20 * seconds + 10, cwd=test.folder,
                                 env={**os.environ, **SEEDS, **more, **(environment or {})})
        return None if done[0] in (None, -signal.SIGXCPU, -signal.SIGKILL) else done

    def digest(self, source, text, out):
        """Of the object that a text compiles to; None: it does not."""
        if self.compile(source, text, out, "-g0"):
            return None
        return hashlib.sha256(out.read_bytes()).digest()

    def baseline(self, source):
        with self.lock:
            have = self.original.get(source)
        if not have:
            out = self.work / f"original.{threading.get_ident()}" / "mistake.o"
            out.parent.mkdir(exist_ok=True)
            have = self.digest(source, source.read_text(), out)
            with self.lock:
                self.original[source] = have
        return have

    def candidates(self, source, function):
        """The tests that run it, those first that caught most for their time."""
        tests = [t for t in self.tests if source in t.reached and
                 (not function or function in t.reached[source])]
        return sorted(tests, key=lambda t: ((t.seconds + 0.05) / (t.caught + 1), t.name))

    def links(self, test, source, out, program):
        """Does this test link without a mistake? Then it is the mistake that does not."""
        return self.compile(source, source.read_text(), out) is None and self.children.run(
            self.linked(test, program, {source: out}), cwd=self.build)[0] == 0

    def judge(self, source, text, mistake):
        """(what came of it, by which test): 'not built', 'same', 'twice', 'caught', 'survived'."""
        folder = self.work / f"job.{threading.get_ident()}"
        folder.mkdir(exist_ok=True)
        out = folder / "mistake.o"
        was, now = self.baseline(source), self.digest(source, mistake.plant(text), out)
        if now is None:
            return "not built", ""
        if now == was:
            return "same", ""
        with self.lock:
            if self.seen[source].setdefault(now, mistake) != mistake:
                return "twice", ""
        for test in self.candidates(source, mistake.function):
            room = folder / "python" if test.python else folder
            program = room / test.place
            test.furnish(room, self.build)
            code, said, _ = self.children.run(self.linked(test, program, {source: out}), cwd=self.build)
            if code:
                if self.children.closed:
                    break
                if self.links(test, source, out, program):
                    return "not built", ""  # another name for a function, say
                raise Fault(f"the test '{test.name}' does not link with {mistake.shown(text)[1]!r} "
                            f"in {source}, nor without: {said}")
            done = self.run(test, program, 3 * test.seconds + 1)
            if done is None or done[0]:
                test.caught += 1
                return "caught", test.name
        return "survived", ""

    def close(self):
        self.children.close()


def quiet_core():
    """No core files, whatever a mistake does."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
