import { afterEach, expect, test, vi } from 'vitest';
import { EventParser, type LiveEvent, type LiveState, openLive } from './live';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('events are read whole, however the stream is cut', () => {
  const stream =
    ': hello\n\nid: 7\nevent: row\ndata: {"id":\ndata: "k1"}\n\nevent: counts\r\ndata: {"new":1}\r\n\r\n';
  for (let cut = 1; cut < stream.length; cut++) {
    const parser = new EventParser();
    const found = [...parser.push(stream.slice(0, cut)), ...parser.push(stream.slice(cut))];
    expect(found.map(({ name, data }) => [name, data])).toEqual([
      ['row', { id: 'k1' }],
      ['counts', { new: 1 }],
    ]);
    expect(found[0]?.id).toBe('7');
  }
});

/** A server whose streams the test writes to and ends. */
function fakeServer() {
  const asked: string[] = [];
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  let refusing = 0;
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url);
    if (refusing) return new Response(null, { status: refusing });
    return new Response(
      new ReadableStream<Uint8Array>({ start: (controller) => void streams.push(controller) }),
    );
  });
  return {
    asked,
    refuse: (status: number) => {
      refusing = status;
    },
    say: (text: string) => streams.at(-1)?.enqueue(new TextEncoder().encode(text)),
    end: () => streams.at(-1)?.close(),
  };
}

test('a lost stream is opened again from where it stopped, with the ids on the screen', async () => {
  const server = fakeServer();
  const events: LiveEvent[] = [];
  const states: LiveState[] = [];
  const stop = openLive({
    url: '/api/live',
    ids: () => ['k1', 'k2'],
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
    onSignedOut: () => {},
  });
  await vi.waitFor(() => expect(server.asked).toEqual(['/api/live']));
  server.say('id: 41\nevent: row\ndata: {}\n\n');
  await vi.waitFor(() => expect(events).toHaveLength(1));
  server.end();
  await vi.waitFor(() => expect(server.asked).toHaveLength(2), { timeout: 3000 });
  expect(server.asked[1]).toBe('/api/live?since=41&ids=k1%2Ck2');
  expect(states).toEqual(['connecting', 'open', 'waiting', 'open']);
  stop();
});

test('a stream refused with 401 is not asked for again', async () => {
  const server = fakeServer();
  server.refuse(401);
  const signedOut = vi.fn();
  openLive({ url: '/api/live', ids: () => [], onEvent: () => {}, onState: () => {}, onSignedOut: signedOut });
  await vi.waitFor(() => expect(signedOut).toHaveBeenCalledOnce());
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(server.asked).toHaveLength(1);
});
