/** The response clock: a colour, and always the time in words (SL-06, UI-08). */
import { Tooltip } from '@mantine/core';
import { IconAlarm, IconAlertTriangle, IconClock, IconPlayerPause } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Sla } from '../../api/types';
import { dateAndTime } from '../../i18n/format';
import { useNow } from '../../lib/clock';
import { type ShownSla, shownSla } from '../../lib/sla';
import classes from './queue.module.css';

export function slaWords(t: TFunction, { minutes, over }: Pick<ShownSla, 'minutes' | 'over'>): string {
  const m = minutes % 60;
  const h = Math.floor(minutes / 60);
  if (h >= 48) {
    const long = { d: Math.floor(h / 24), h: h % 24 };
    return over ? t('sla.overDays', long) : t('sla.leftDays', long);
  }
  if (h > 0) return over ? t('sla.overHours', { h, m }) : t('sla.leftHours', { h, m });
  return over ? t('sla.over', { m }) : t('sla.left', { m });
}

export function SlaChip({ sla }: { sla: Sla }) {
  const { t } = useTranslation();
  const shown = shownSla(sla, useNow());
  const Icon = shown.colour === 'red' ? IconAlertTriangle : shown.colour === 'orange' ? IconAlarm : IconClock;
  const why = [
    t(`sla.${sla.kind}`),
    sla.policy_name && t('sla.policy', { name: sla.policy_name }),
    sla.due_at && t('sla.due', { time: dateAndTime(sla.due_at) }),
    shown.paused && t('sla.paused'),
  ]
    .filter(Boolean)
    .join(' · ');
  return (
    <Tooltip label={why}>
      <span
        className={`${classes.chip} ${classes.sla} ${shown.colour === 'grey' ? '' : classes[shown.colour]}`}
        data-sla={shown.colour}
      >
        <Icon size={13} aria-hidden />
        <span>{slaWords(t, shown)}</span>
        {shown.paused && <IconPlayerPause size={12} role="img" aria-label={t('sla.paused')} />}
      </span>
    </Tooltip>
  );
}
