/** Dates that are not like their weekday: holidays of a country, days off of one's own, days with hours of their own. */
import { Button, Fieldset, Group, Pill, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayDate } from '../../i18n/format';
import { inside, useFieldError } from '../form/context';
import { DayRow } from './Day';
import type { Hours } from './hours';
import { countries } from './shifts';

interface HolidaysProps {
  hours: Hours;
  set: (change: Partial<Hours>) => void;
  paths: readonly string[];
}

export function Holidays({ hours, set, paths }: HolidaysProps) {
  const { t, i18n } = useTranslation('admin');
  const regions = useMemo(() => countries(i18n.language), [i18n.language]);
  const error = useFieldError(inside(paths, 'import', 'import.country', 'import.subdivision'));
  const imported = hours.import;
  return (
    <Fieldset legend={t('hours.holidays')}>
      <Stack gap="sm">
        <Switch
          label={t('hours.import')}
          description={t('hours.importHint')}
          checked={imported !== null}
          onChange={(event) =>
            set({ import: event.currentTarget.checked ? { country: '', subdivision: null } : null })
          }
        />
        {imported && (
          <Group align="flex-start" gap="sm">
            <Select
              label={t('hours.country')}
              searchable
              required
              w={260}
              error={error}
              data={regions}
              value={imported.country || null}
              onChange={(country) => set({ import: { country: country ?? '', subdivision: null } })}
            />
            <TextInput
              label={t('hours.region')}
              description={t('hours.regionHint')}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              w={200}
              value={imported.subdivision ?? ''}
              onChange={(event) =>
                set({
                  import: {
                    ...imported,
                    subdivision: event.currentTarget.value.trim().toUpperCase() || null,
                  },
                })
              }
            />
          </Group>
        )}
        {hours.holidays.length > 0 && (
          <Group gap={6} role="list" aria-label={t('hours.holidays')}>
            {hours.holidays.toSorted().map((date) => (
              <Pill
                key={date}
                role="listitem"
                withRemoveButton
                removeButtonProps={{
                  'aria-label': t('hours.remove', { what: dayDate(date) }),
                  'aria-hidden': false,
                  tabIndex: 0,
                }}
                onRemove={() => set({ holidays: hours.holidays.filter((one) => one !== date) })}
              >
                {dayDate(date)}
              </Pill>
            ))}
          </Group>
        )}
        <AddDate
          label={t('hours.ownHoliday')}
          taken={hours.holidays}
          onAdd={(date) => set({ holidays: [...hours.holidays, date].sort() })}
        />
      </Stack>
    </Fieldset>
  );
}

interface SpecialDaysProps {
  days: Record<string, string[]>;
  onChange: (days: Record<string, string[]>) => void;
}

export function SpecialDays({ days, onChange }: SpecialDaysProps) {
  const { t } = useTranslation('admin');
  return (
    <Fieldset legend={t('hours.special')}>
      <Stack gap="xs">
        <Text size="xs" c="dimmed">
          {t('hours.specialHint')}
        </Text>
        {Object.keys(days)
          .sort()
          .map((date) => (
            <DayRow
              key={date}
              label={dayDate(date)}
              shifts={days[date] ?? []}
              onChange={(shifts) => onChange({ ...days, [date]: shifts })}
              onRemove={() => {
                const { [date]: _, ...rest } = days;
                onChange(rest);
              }}
            />
          ))}
        <AddDate
          label={t('hours.specialDay')}
          taken={Object.keys(days)}
          onAdd={(date) => onChange({ ...days, [date]: ['09:00-13:00'] })}
        />
      </Stack>
    </Fieldset>
  );
}

interface AddDateProps {
  label: string;
  taken: readonly string[];
  onAdd: (date: string) => void;
}

function AddDate({ label, taken, onAdd }: AddDateProps) {
  const { t } = useTranslation('admin');
  const [date, setDate] = useState('');
  return (
    <Group align="flex-end" gap="xs">
      <TextInput
        type="date"
        size="xs"
        label={label}
        value={date}
        onChange={(event) => setDate(event.currentTarget.value)}
      />
      <Button
        size="xs"
        variant="default"
        disabled={date === '' || taken.includes(date)}
        onClick={() => {
          onAdd(date);
          setDate('');
        }}
      >
        {t('hours.add')}
      </Button>
    </Group>
  );
}
