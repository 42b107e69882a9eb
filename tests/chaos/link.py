"""A stretch of network in front of a service, which can be cut, stalled and slowed down.

It forwards bytes both ways. Cut: connections end and new ones are closed at once. Stalled: nothing gets through, nothing
ends. Slow: every piece waits a little. Bytes are never changed, lost from within or put in another order: that is TCP's
promise, and it holds here.
"""
import asyncio
import socket
import threading

PIECE, END_SECONDS = 16384, 5


class Link:
    """Listens on a port of its own of 127.0.0.1; runs on a thread of its own."""

    def __init__(self, name, port):
        self.name, self.port, self.target = name, 0, port
        self.is_cut, self.delay, self.writers = False, 0.0, set()
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()

    def address(self):
        return f"127.0.0.1:{self.port}"

    @staticmethod
    def free_port():
        """For a program that cannot choose one and tell."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            return server.getsockname()[1]

    # ---- from any thread ----

    def do(self, change, *arguments):
        done = threading.Event()

        def run():
            change(*arguments)
            done.set()
        self.loop.call_soon_threadsafe(run)
        done.wait()

    def cut(self):
        self.do(self.set, True, True, 0.0)

    def stall(self):
        self.do(self.set, False, False, 0.0)

    def slow(self, delay):
        self.do(self.set, False, True, delay)

    def heal(self):
        self.do(self.set, False, True, 0.0)

    def close(self):
        self.do(self.set, True, True, 0.0)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    # ---- on the thread ----

    def set(self, is_cut, flows, delay):
        self.is_cut, self.delay = is_cut, delay
        if flows:
            self.flow.set()
        else:
            self.flow.clear()
        if is_cut:
            for writer in self.writers:
                writer.transport.abort()

    def run(self, started):
        asyncio.set_event_loop(self.loop)
        self.flow = asyncio.Event()
        self.flow.set()
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self.loop)
        if left:
            self.loop.run_until_complete(asyncio.wait(left, timeout=END_SECONDS))
        self.loop.close()

    async def serve(self, reader, writer):
        if self.is_cut:
            writer.transport.abort()
            return
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        if self.is_cut:
            writer.transport.abort()
            to_writer.transport.abort()
            return
        ends = {writer, to_writer}
        self.writers |= ends
        pumps = [asyncio.ensure_future(self.pump(reader, to_writer)),
                 asyncio.ensure_future(self.pump(to_reader, writer))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.transport.abort()
        await asyncio.wait(pumps)
        self.writers -= ends

    async def pump(self, reader, writer):
        try:
            while piece := await reader.read(PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self.flow.wait()
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass  # the other side has gone
