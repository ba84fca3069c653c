/** A message's HTML: cleaned, without anything from outside until it is asked for, in a sandboxed frame (CH-15). */
import { Button } from '@mantine/core';
import DOMPurify from 'dompurify';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

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

export default function HtmlMessage({ html, title }: { html: string; title: string }) {
  const { t } = useTranslation();
  const [images, setImages] = useState(false);
  const clean = useMemo(() => cleaned(html), [html]);
  const hasImages = /<img|url\(/i.test(clean);
  const sources = images ? 'img-src https: data:' : 'img-src data:';
  const page = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; ${sources}"><base target="_blank"><style>body{font:15px/1.45 system-ui,sans-serif;margin:8px;color:#1f2328;background:#fff;overflow-wrap:anywhere}img{max-width:100%}</style>${clean}`;
  return (
    <>
      <iframe
        title={title}
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        srcDoc={page}
        style={{
          width: 'min(560px, 70vw)',
          height: 320,
          border: 0,
          borderRadius: 8,
          background: '#fff',
          resize: 'vertical',
        }}
      />
      {hasImages && !images && (
        <Button size="compact-xs" variant="subtle" onClick={() => setImages(true)}>
          {t('timeline.showImages')}
        </Button>
      )}
    </>
  );
}
