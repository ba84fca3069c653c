/** Sends one file to a conversation, with progress: `fetch` does not tell how much of a body has gone. */
import { csrfToken, newKey, Problem, withQuery } from './http';
import type { Attachment } from './types';
import * as wire from './wire';

interface Options {
  signal: AbortSignal;
  /** 0 to 100. */
  onProgress: (percent: number) => void;
}

/** The file's type goes in the address: other sites' forms can send bodies of most types, but not of this one. */
export function uploadPath(conversation: string, file: { name: string; type: string }): string {
  const type = file.type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return withQuery('/api/attachments', {
    conversation,
    name: file.name.slice(0, 255) || 'file',
    type: /^[a-z]+\/[a-z0-9.+-]+$/.test(type) ? type : null,
  });
}

export function uploadFile(
  conversation: string,
  file: File,
  { signal, onProgress }: Options,
): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', uploadPath(conversation, file));
    request.setRequestHeader('content-type', 'application/octet-stream');
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
