/** The whole original of a mail, as the gateway cleaned it, in a frame where nothing runs; pictures from elsewhere only
 * when they are asked for, since fetching them tells the sender (CH-15). */
import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { withQuery } from '../../api/http';
import type { Message } from '../../api/types';
import classes from './conversation.module.css';

export function HtmlMessage({ message }: { message: Message }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [images, setImages] = useState(false);
  const source = withQuery(`/api/messages/${encodeURIComponent(message.id)}/html`, {
    images: images ? 'true' : null,
  });
  return (
    <div className={classes.original}>
      <Group gap={6}>
        <Button size="compact-xs" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? 'timeline.hideOriginal' : 'timeline.showOriginal')}
        </Button>
        {open && message.remote_images && !images && (
          <Button size="compact-xs" variant="subtle" onClick={() => setImages(true)}>
            {t('timeline.showImages')}
          </Button>
        )}
      </Group>
      {open && (
        <iframe
          key={source}
          title={message.subject ?? message.text.slice(0, 60)}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerPolicy="no-referrer"
          src={source}
        />
      )}
    </div>
  );
}
