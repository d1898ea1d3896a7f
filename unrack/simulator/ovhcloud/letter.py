"""The letter of authority as a PDF: one page of text, made byte for byte so that two copies are equal."""

from datetime import datetime

from unrack.simulator.ovhcloud.refusal import expired, not_found
from unrack.simulator.ovhcloud.tables import Tables

_RESOURCES = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"


def of(tables: Tables, name: str, now: datetime) -> bytes:
    """The letter for the connection `name`; 460 once the service is closed."""
    connection = tables.connections.get(name)
    if connection is None:
        raise not_found("serviceName", name)
    if tables.services[connection.service].ended_at:
        raise expired(name)
    ports = ", ".join(interface.name for interface in tables.interfaces.where(connection=name))
    lines = (
        "Letter of authority (simulator)",
        f"Service: {name}",
        f"Point of presence: {connection.pop}",
        f"Ports: {ports}",
        "Equipment: TH2:01:A07  Patch panel: PP:0103:1132697  Fibre termination: LC/PC",
        f"Date: {now.date().isoformat()}",
    )
    return _pdf(lines)


def _pdf(lines: tuple[str, ...]) -> bytes:
    text = " T* ".join(f"({_escaped(line)}) Tj" for line in lines)
    stream = f"BT /F1 12 Tf 16 TL 72 770 Td {text} ET".encode("latin-1")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %b >>" % _RESOURCES,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
    )
    return _assembled(objects)


def _assembled(objects: tuple[bytes, ...]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.4\n"), list[int]()
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
