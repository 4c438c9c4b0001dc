"""Lambda's runtime API: hands out one event as often as stdin says, and prints the seconds."""

import asyncio
import sys
import time

file = sys.argv[1]
with open(file, "rb") as content:
    event = content.read()
HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: "
    "871518ea-7f40-4157-bd10-45df10e34979\r\nLambda-Runtime-Deadline-Ms: 4000000000000\r\n"
    "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:predict\r\n"
    "Lambda-Runtime-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0\r\n"
    f"Content-Length: {len(event)}\r\n\r\n"
)
NEXT = HEAD.encode() + event
ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'


async def serve(reader, writer):
    """Answer one connection: an event for a GET, 202 for a response."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if head.startswith("GET"):
                await events.acquire()
                writer.write(NEXT)
            else:
                lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
                body = await reader.readexactly(int(lengths[0].split(":")[1]))
                assert b"predictions" in body, body
                writer.write(ACCEPTED)
                responses.release()
    except asyncio.IncompleteReadError:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while count := await asyncio.to_thread(sys.stdin.readline):
        started = time.perf_counter()
        for _ in range(int(count)):
            events.release()
            await responses.acquire()
        print(time.perf_counter() - started, flush=True)


events, responses = asyncio.Semaphore(0), asyncio.Semaphore(0)
asyncio.run(main())
