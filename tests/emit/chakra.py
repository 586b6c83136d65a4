"""Chakra execution traces read by Google's protobuf library, from the published field numbers (mlcommons/chakra,
et_def.proto, schema 0.0.4): an independent reader of what the emitter writes by hand."""
import functools

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.internal.decoder import _DecodeVarint32

try:
    from google.protobuf.message_factory import GetMessageClass
except ImportError:  # before protobuf 4
    from google.protobuf.message_factory import MessageFactory

    def GetMessageClass(descriptor):
        return MessageFactory().GetPrototype(descriptor)

COMP, SEND, RECV, COLL = 4, 5, 6, 7
ALL_REDUCE, ALL_GATHER, ALL_TO_ALL = 0, 2, 6

_F = descriptor_pb2.FieldDescriptorProto


def _schema():
    file = descriptor_pb2.FileDescriptorProto(name="et_def.proto", package="chakra", syntax="proto3")

    def message(name, fields):
        m = file.message_type.add(name=name)
        for field, number, kind, repeated, of in fields:
            f = m.field.add(name=field, number=number, type=kind,
                            label=_F.LABEL_REPEATED if repeated else _F.LABEL_OPTIONAL)
            if of:
                f.type_name = ".chakra." + of
        return m

    attribute = message("AttributeProto", [
        ("name", 1, _F.TYPE_STRING, False, None), ("doc_string", 2, _F.TYPE_STRING, False, None),
        ("double_val", 3, _F.TYPE_DOUBLE, False, None), ("float_val", 5, _F.TYPE_FLOAT, False, None),
        ("int32_val", 7, _F.TYPE_INT32, False, None), ("int64_val", 9, _F.TYPE_INT64, False, None),
        ("uint32_val", 11, _F.TYPE_UINT32, False, None), ("uint64_val", 13, _F.TYPE_UINT64, False, None),
        ("bool_val", 27, _F.TYPE_BOOL, False, None), ("string_val", 29, _F.TYPE_STRING, False, None),
        ("bytes_val", 31, _F.TYPE_BYTES, False, None)])
    attribute.oneof_decl.add(name="value")
    for f in attribute.field[2:]:
        f.oneof_index = 0
    message("GlobalMetadata", [("version", 1, _F.TYPE_STRING, False, None), ("attr", 2, _F.TYPE_MESSAGE, True, "AttributeProto")])
    message("Node", [
        ("id", 1, _F.TYPE_UINT64, False, None), ("name", 2, _F.TYPE_STRING, False, None),
        ("type", 3, _F.TYPE_INT32, False, None), ("ctrl_deps", 4, _F.TYPE_UINT64, True, None),
        ("data_deps", 5, _F.TYPE_UINT64, True, None), ("start_time_micros", 6, _F.TYPE_UINT64, False, None),
        ("duration_micros", 7, _F.TYPE_UINT64, False, None), ("attr", 10, _F.TYPE_MESSAGE, True, "AttributeProto")])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return [GetMessageClass(pool.FindMessageTypeByName("chakra." + n)) for n in ("GlobalMetadata", "Node")]


Metadata, Node = _schema()


class ReadNode:
    __slots__ = ("id", "name", "type", "after", "micros", "attr")


@functools.lru_cache(maxsize=256)  # of one scenario: most is checked first and replayed then
def read(path):
    """(metadata, nodes, {attribute: which of its values it has}) of one rank's file, which must be a real path. Fails on
    fields that the schema does not have."""
    data = open(path, "rb").read()
    at, metadata, nodes, kinds = 0, None, [], {}
    while at < len(data):
        size, at = _DecodeVarint32(data, at)
        record = Metadata() if metadata is None else Node()
        record.ParseFromString(data[at:at + size])
        assert len(record.UnknownFields()) == 0, record.name
        at += size
        if metadata is None:
            metadata = record
            continue
        node = ReadNode()
        node.id, node.name, node.type, node.micros = record.id, record.name, record.type, record.duration_micros
        node.after = list(record.ctrl_deps) + list(record.data_deps)
        node.attr = {}
        for a in record.attr:
            kind = a.WhichOneof("value")
            assert kinds.setdefault(a.name, kind) == kind, a.name
            node.attr[a.name] = getattr(a, kind)
        nodes.append(node)
    assert at == len(data), "the last record is cut"
    return metadata, nodes, kinds
