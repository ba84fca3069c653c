/** Sends one file to a conversation, with progress: `fetch` does not tell how much of a body has gone. */
import { csrfToken, newKey, Problem } from './http';
import type { Attachment } from './types';
import * as wire from './wire';

interface Options {
  signal: AbortSignal;
  /** 0 to 100. */
  onProgress: (percent: number) => void;
}

export function uploadFile(
  conversation: string,
  file: File,
  { signal, onProgress }: Options,
): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const name = encodeURIComponent(file.name || 'file');
    request.open('POST', `/api/conversations/${encodeURIComponent(conversation)}/attachments?name=${name}`);
    request.setRequestHeader('content-type', file.type || 'application/octet-stream');
    request.setRequestHeader('idempotency-key', newKey());
    request.setRequestHeader('x-csrf-token', csrfToken());
    request.responseType = 'text';
    request.upload.onprogress = ({ loaded, total }) =>
      onProgress(total ? Math.floor((loaded / total) * 100) : 0);
    request.onerror = () => reject(new Problem(0, 'unreachable', ''));
    request.onload = () => {
      const said = parsed(request.responseText);
      if (request.status < 300) resolve(wire.attachment(said.attachment ?? said));
      else reject(new Problem(request.status, String(said.code ?? ''), String(said.detail ?? '')));
    };
    signal.addEventListener('abort', () => {
      request.abort();
      reject(new DOMException('aborted', 'AbortError'));
    });
    request.send(file);
  });
}

function parsed(text: string): wire.Wire {
  try {
    return wire.record(JSON.parse(text));
  } catch {
    return {};
  }
}
