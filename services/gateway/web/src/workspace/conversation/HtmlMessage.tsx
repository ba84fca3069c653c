/** The whole original of a mail: cleaned, nothing fetched from outside until it is asked for, in a sandboxed frame (CH-15). */
import { Button, Group, Loader, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import DOMPurify from 'dompurify';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, withQuery } from '../../api/http';
import { record } from '../../api/wire';

function cleaned(html: string): string {
  return DOMPurify.sanitize(html, {
    FORBID_TAGS: [
      'form',
      'input',
      'button',
      'textarea',
      'select',
      'iframe',
      'object',
      'embed',
      'link',
      'meta',
      'base',
    ],
    FORBID_ATTR: ['srcset', 'ping'],
  });
}

/** The document of the frame: its policy lets nothing in but, when wanted, pictures. */
export function framed(html: string, images: boolean): string {
  const sources = images ? 'img-src https: http: data:' : 'img-src data:';
  const policy = `default-src 'none'; style-src 'unsafe-inline'; ${sources}`;
  const look =
    'body{font:15px/1.45 system-ui,sans-serif;margin:8px;color:#1f2328;background:#fff;overflow-wrap:anywhere}' +
    'img{max-width:100%}table{max-width:100%}';
  return (
    `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}">` +
    `<base target="_blank"><style>${look}</style>${cleaned(html)}`
  );
}

export default function HtmlMessage({ message, title }: { message: string; title: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [images, setImages] = useState(false);
  const original = useQuery({
    queryKey: ['original', message, images],
    enabled: open,
    queryFn: async ({ signal }) => {
      const path = withQuery(`/api/messages/${encodeURIComponent(message)}/original`, {
        images: images ? 'true' : null,
      });
      const { html, blocked } = record(await call('GET', path, { signal }));
      return { html: String(html ?? ''), blocked: Number(blocked ?? 0) };
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const page = useMemo(
    () => (original.data ? framed(original.data.html, images) : ''),
    [original.data, images],
  );
  return (
    <div style={{ marginTop: 6 }}>
      <Group gap={6}>
        <Button size="compact-xs" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? 'timeline.hideOriginal' : 'timeline.showOriginal')}
        </Button>
        {open && !images && (original.data?.blocked ?? 0) > 0 && (
          <Button size="compact-xs" variant="subtle" onClick={() => setImages(true)}>
            {t('timeline.showImages')}
          </Button>
        )}
        {open && original.isPending && <Loader size="xs" aria-label={t('app.loading')} />}
      </Group>
      {open && original.isError && (
        <Text size="sm" c="red" role="alert">
          {t('timeline.originalFailed')}{' '}
          <Button size="compact-xs" variant="subtle" onClick={() => void original.refetch()}>
            {t('app.retry')}
          </Button>
        </Text>
      )}
      {open && original.data && (
        <iframe
          title={title}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          srcDoc={page}
          style={{
            display: 'block',
            width: 'min(640px, 76vw)',
            maxWidth: '100%',
            height: 380,
            marginTop: 6,
            border: 0,
            borderRadius: 8,
            background: '#fff',
            resize: 'vertical',
          }}
        />
      )}
    </div>
  );
}
