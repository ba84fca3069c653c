/** Opening hours: zone, a week of shifts, holidays, special days, and what they mean for a message (SL-09, SL-10). */
import { Button, Fieldset, Group, Select, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldWords } from '../../lib/fields';
import { inside, useFieldError, useForm } from '../form/context';
import type { FieldProps } from '../form/FieldView';
import { Wrong } from '../form/parts';
import type { Value } from '../form/values';
import { Holidays, SpecialDays } from './Dates';
import { DayRow } from './Day';
import { DuePreview } from './DuePreview';
import { CLOSED, type Hours, hoursOf, type Week } from './hours';
import { DAYS, type Day } from './shifts';

export function HoursField({ value, onChange, paths }: FieldProps) {
  const { t } = useTranslation('admin');
  const hours = hoursOf(value);
  const set = (change: Partial<Hours>) => onChange({ ...(value as Value), ...hours, ...change });
  const problem = useProblemInside(paths);
  return (
    <Stack gap="md">
      <Wrong text={problem} />
      <Zone value={hours.zone} onChange={(zone) => set({ zone })} paths={inside(paths, 'zone')} />
      <Fieldset legend={t('hours.week')}>
        <Stack gap="xs">
          <Presets onChoose={(week) => set({ week })} />
          {DAYS.map((day) => (
            <DayRow
              key={day}
              label={t(`hours.days.${day}`)}
              shifts={hours.week[day]}
              onChange={(shifts) => set({ week: { ...hours.week, [day]: shifts } })}
              onCopy={
                day === 'mon'
                  ? () =>
                      set({
                        week: {
                          ...hours.week,
                          ...Object.fromEntries(DAYS.slice(1, 5).map((one) => [one, hours.week.mon])),
                        },
                      })
                  : undefined
              }
            />
          ))}
        </Stack>
      </Fieldset>
      <Holidays hours={hours} set={set} paths={paths} />
      <SpecialDays days={hours.special_days} onChange={(special_days) => set({ special_days })} />
      <DuePreview hours={hours} />
    </Stack>
  );
}

/** What the gateway said about the hours as a whole, or about a part that has no place of its own here. */
function useProblemInside(paths: readonly string[]): string | null {
  const { t } = useTranslation();
  const { errors } = useForm();
  const own = new Set(inside(paths, 'zone'));
  const found = errors.filter(
    ({ field }) => !own.has(field) && paths.some((path) => field === path || field.startsWith(`${path}.`)),
  );
  return found.length ? found.map((error) => fieldWords(t, error)).join(' ') : null;
}

interface ZoneProps {
  value: string;
  onChange: (zone: string) => void;
  paths: readonly string[];
}

function Zone({ value, onChange, paths }: ZoneProps) {
  const { t } = useTranslation('admin');
  const error = useFieldError(paths);
  const zones = useMemo(
    () => [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), ...(value ? [value] : [])])],
    [value],
  );
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Group align="flex-end" gap="xs">
      <Select
        label={t('hours.zone')}
        placeholder={t('hours.zoneHint')}
        required
        searchable
        limit={60}
        w={340}
        maw="100%"
        error={error}
        data={zones}
        value={value || null}
        onChange={(zone) => onChange(zone ?? '')}
      />
      {!value && here && (
        <Button variant="default" onClick={() => onChange(here)}>
          {here}
        </Button>
      )}
    </Group>
  );
}

function Presets({ onChoose }: { onChoose: (week: Week) => void }) {
  const { t } = useTranslation('admin');
  const every = (days: readonly Day[], shift: string): Week => ({
    ...CLOSED,
    ...Object.fromEntries(days.map((day) => [day, [shift]])),
  });
  return (
    <Group gap={6}>
      <Text size="xs" c="dimmed">
        {t('hours.presets')}
      </Text>
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => onChoose(every(DAYS.slice(0, 5), '09:00-17:00'))}
      >
        {t('hours.office')}
      </Button>
      <Button size="compact-xs" variant="default" onClick={() => onChoose(every(DAYS, '00:00-24:00'))}>
        {t('hours.always')}
      </Button>
      <Button size="compact-xs" variant="default" onClick={() => onChoose(CLOSED)}>
        {t('hours.closedAll')}
      </Button>
    </Group>
  );
}
