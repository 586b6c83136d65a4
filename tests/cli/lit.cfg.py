import os
import zlib
import lit.formats

config.name = "afdc command line"
config.test_format = lit.formats.ShTest(False)
config.suffixes = [".test"]
config.test_source_root = os.path.dirname(__file__)
# A folder for each checkout, so that two can be tested at once.
checkout = zlib.crc32(os.path.realpath(os.environ["SOURCE_DIR"]).encode())
config.test_exec_root = os.path.join("/tmp", "afdc-lit-%d-%08x" % (os.getuid(), checkout))
# `not` lives beside FileCheck.
config.environment["PATH"] = os.path.dirname(os.path.realpath(os.environ["FILECHECK"])) + os.pathsep + os.environ.get("PATH", "")
config.substitutions.append(("%afdc", os.environ["AFDC"]))
config.substitutions.append(("FileCheck", os.environ["FILECHECK"]))
config.substitutions.append(("%examples", os.path.join(os.environ["SOURCE_DIR"], "examples")))
config.substitutions.append(("%language", os.path.join(os.environ["SOURCE_DIR"], "tests/language")))
config.substitutions.append(("%source", os.environ["SOURCE_DIR"]))
