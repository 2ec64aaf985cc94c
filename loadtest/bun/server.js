// Rooms over WebSocket and nothing else, as Bun has them built in: `bun server.js PORT`. Who opens a
// path is in the room of that name, and all that anybody there says goes to everybody there.
// `imq compare` puts imq beside it.

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch(request, server) {
    const room = new URL(request.url).pathname;
    if (server.upgrade(request, { data: { room } })) return undefined;
    return new Response("this is for WebSockets\n", { status: 426 });
  },
  websocket: {
    open(socket) {
      socket.subscribe(socket.data.room);
      socket.send('"ready"');
    },
    message(socket, message) {
      // To all, the sender too; socket.publish would leave it out.
      server.publish(socket.data.room, message);
    },
  },
});
