"""An OTLP/HTTP receiver on loopback that keeps the spans it is sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """A span as it was sent, in plain values."""

    name: str
    trace_id: str
    id: str
    parent_id: str
    is_error: bool
    attributes: dict[str, str]
    resource: dict[str, str]


class TraceReceiver:
    """What was received."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.spans: list[ReceivedSpan] = []
        self.arrived = threading.Condition()

    def add(self, request: ExportTraceServiceRequest) -> None:
        with self.arrived:
            for group in request.resource_spans:
                resource = {item.key: item.value.string_value for item in group.resource.attributes}
                self.spans += [
                    _plain(span, resource) for scope in group.scope_spans for span in scope.spans
                ]
            self.arrived.notify_all()

    def wait_for(self, name: str, **attributes: str) -> ReceivedSpan:
        """Return the first span of that name and with these attributes, once it is there."""

        def found() -> ReceivedSpan | None:
            return next(
                (
                    span
                    for span in self.spans
                    if span.name == name and attributes.items() <= span.attributes.items()
                ),
                None,
            )

        with self.arrived:
            self.arrived.wait_for(lambda: found() is not None, timeout=30)
        span = found()
        assert span is not None, sorted((item.name, str(item.attributes)) for item in self.spans)
        return span


def _plain(span: Span, resource: dict[str, str]) -> ReceivedSpan:
    return ReceivedSpan(
        name=span.name,
        trace_id=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        is_error=span.status.code == 2,
        attributes={
            item.key: item.value.string_value or str(item.value.int_value)
            for item in span.attributes
        },
        resource=resource,
    )


@contextmanager
def receiving_traces() -> Iterator[TraceReceiver]:
    """Receive traces for as long as the context is open."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.add(ExportTraceServiceRequest.FromString(body))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = TraceReceiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, name="trace receiver")
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
