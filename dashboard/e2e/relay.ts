import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";

/** A network between the browser and the service that can fall asleep as a laptop's does. */
export interface Relay {
  url: string;
  /** Carry nothing more, in silence: no connection is told that it is dead. */
  sleep: () => void;
  /** Carry new connections again. Those from before stay dead, and still nobody tells them. */
  wake: () => void;
  close: () => void;
}

export async function relayTo(target: string): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isAsleep = false;

  const server = createServer((near) => {
    sockets.add(near);
    near.on("error", () => undefined);
    if (isAsleep) return;
    const far = connect(Number(port), hostname);
    sockets.add(far);
    far.on("error", () => near.destroy());
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sleep: () => {
      isAsleep = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.removeAllListeners("close");
        socket.resume(); // what arrives is lost
      }
    },
    wake: () => {
      isAsleep = false;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
