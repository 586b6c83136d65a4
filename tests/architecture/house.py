"""What the tests of the house share: its C++ files, and the way in which they look at them."""
import pathlib


def look(root, folders, judge, must_see, of_what, leave_out=()):
    """Judges all C++ files below `folders`, prints what is wrong and returns the exit code.

    `judge` takes pairs of a path below the root and its text, and yields what is wrong, in words. `must_see` are such
    pairs in which it has to find something: a test that sees nothing would pass for ever.
    """
    root = pathlib.Path(root)
    files = [(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
             for folder in folders for path in sorted((root / folder).rglob("*"))
             if path.suffix in {".cpp", ".h", ".def"} and path.name not in leave_out]
    assert len(files) > 150, f"only {len(files)} files found: is this the project?"
    found = list(judge(files))
    found += [f"goes unseen in {path}: {text.strip()}" for path, text in must_see if not list(judge([(path, text)]))]
    for line in found:
        print(line)
    print(f"{len(files)} files, {len(found)} {of_what}")
    return 1 if found else 0
