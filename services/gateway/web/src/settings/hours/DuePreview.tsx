/** "A message at … would be due at …": what the hours in the form mean, before they are saved (SL-13). */
import { Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, now } from '../../api/http';
import { record } from '../../api/wire';
import { dateAndTimeIn } from '../../i18n/format';
import { problemText } from '../../lib/problems';
import classes from '../settings.module.css';
import { instantIn, wallIn } from './shifts';

interface Props {
  hours: { zone: string };
}

export function DuePreview({ hours }: Props) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const zone = hours.zone || 'UTC';
  const [wall, setWall] = useState(() => wallIn(now(), zone));
  const [minutes, setMinutes] = useState<number | string>(30);
  const start = instantIn(wall, zone);
  const [wanted] = useDebouncedValue({ schedule: hours, start, minutes }, 400);
  const preview = useQuery({
    queryKey: ['schedule-preview', wanted],
    enabled: hours.zone !== '' && wanted.start !== null && typeof wanted.minutes === 'number',
    retry: false,
    queryFn: async ({ signal }) =>
      record(
        await call('POST', '/api/schedules/preview', {
          body: {
            schedule: wanted.schedule,
            start: wanted.start,
            target_seconds: Number(wanted.minutes) * 60,
          },
          signal,
        }),
      ),
  });
  const due = typeof preview.data?.due_at === 'string' ? preview.data.due_at : null;
  return (
    <section className={classes.trial} aria-label={t('hours.preview')}>
      <Stack gap="xs">
        <Text size="sm" fw={600}>
          {t('hours.preview')}
        </Text>
        <Group align="flex-end" gap="sm">
          <TextInput
            type="datetime-local"
            size="xs"
            label={t('hours.previewAt', { zone })}
            value={wall}
            onChange={(event) => setWall(event.currentTarget.value)}
          />
          <NumberInput
            size="xs"
            w={150}
            min={0}
            max={1_000_000}
            allowDecimal={false}
            label={t('hours.previewTarget')}
            value={minutes}
            onChange={setMinutes}
          />
        </Group>
        <Text size="sm" role="status">
          {preview.isError
            ? problemText(general, preview.error)
            : due
              ? t(preview.data?.open_now ? 'hours.dueOpen' : 'hours.dueClosed', {
                  time: dateAndTimeIn(due, zone),
                })
              : hours.zone === ''
                ? t('hours.previewZone')
                : ''}
        </Text>
      </Stack>
    </section>
  );
}
