/** Opening hours: zone, a week of shifts, holidays, special days, and what they mean for a message (SL-09, SL-10). */
import {
  ActionIcon,
  Box,
  Button,
  Fieldset,
  Group,
  Pill,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { IconCopy, IconPlus, IconTrash, IconX } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayDate } from '../../i18n/format';
import { inside, useFieldError, useForm } from '../form/context';
import type { FieldProps } from '../form/FieldView';
import type { Value } from '../form/values';
import { DuePreview } from './DuePreview';
import classes from './hours.module.css';
import { countries, DAYS, type Day, nextShift, overnight, readShift, writeShift } from './shifts';

type Week = Record<Day, string[]>;

interface Hours {
  zone: string;
  week: Week;
  holidays: string[];
  special_days: Record<string, string[]>;
  import: { country: string; subdivision: string | null } | null;
}

const CLOSED: Week = { mon: [], tue: [], wed: [], thu: [], fri: [], sat: [], sun: [] };

/** What the form holds, with every part there. */
export function hoursOf(value: unknown): Hours {
  const held = (value ?? {}) as Partial<Hours>;
  return {
    zone: held.zone ?? '',
    week: { ...CLOSED, ...held.week },
    holidays: held.holidays ?? [],
    special_days: held.special_days ?? {},
    import: held.import ?? null,
  };
}

export function HoursField({ value, onChange, paths }: FieldProps) {
  const { t } = useTranslation('admin');
  const hours = hoursOf(value);
  const set = (change: Partial<Hours>) => onChange({ ...(value as Value), ...hours, ...change });
  const problem = useProblemInside(paths);
  return (
    <Stack gap="md">
      {problem && (
        <Text size="sm" c="red" role="alert">
          {problem}
        </Text>
      )}
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
  const { errors } = useForm();
  const own = new Set(inside(paths, 'zone'));
  const found = errors.filter(
    ({ field }) => !own.has(field) && paths.some((path) => field === path || field.startsWith(`${path}.`)),
  );
  return found.length ? found.map(({ message }) => message).join(' ') : null;
}

function Zone({
  value,
  onChange,
  paths,
}: {
  value: string;
  onChange: (zone: string) => void;
  paths: readonly string[];
}) {
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

interface DayProps {
  label: string;
  shifts: readonly string[];
  onChange: (shifts: string[]) => void;
  onCopy?: (() => void) | undefined;
  onRemove?: (() => void) | undefined;
}

function DayRow({ label, shifts, onChange, onCopy, onRemove }: DayProps) {
  const { t } = useTranslation('admin');
  return (
    <Box className={classes.day ?? ''} role="group" aria-label={label}>
      <Text size="sm" fw={550} className={classes.dayName ?? ''}>
        {label}
      </Text>
      <div className={classes.shifts}>
        {shifts.length === 0 && (
          <Text size="sm" c="dimmed">
            {t('hours.closed')}
          </Text>
        )}
        {shifts.map((text, index) => (
          <ShiftFields
            // biome-ignore lint/suspicious/noArrayIndexKey: its place is all that names a shift
            key={index}
            label={`${label} ${index + 1}`}
            text={text}
            onChange={(next) => onChange(shifts.with(index, next))}
            onRemove={() => onChange(shifts.filter((_, at) => at !== index))}
          />
        ))}
      </div>
      <Group gap={2} wrap="nowrap" ml="auto">
        {onCopy && shifts.length > 0 && (
          <Tooltip label={t('hours.copyToWeekdays')}>
            <ActionIcon variant="subtle" color="gray" aria-label={t('hours.copyToWeekdays')} onClick={onCopy}>
              <IconCopy size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        <ActionIcon
          variant="subtle"
          aria-label={t('hours.addShift', { day: label })}
          onClick={() => onChange([...shifts, nextShift(shifts)])}
        >
          <IconPlus size={16} aria-hidden />
        </ActionIcon>
        {onRemove && (
          <ActionIcon
            variant="subtle"
            color="red"
            aria-label={t('hours.remove', { what: label })}
            onClick={onRemove}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        )}
      </Group>
    </Box>
  );
}

function ShiftFields({
  label,
  text,
  onChange,
  onRemove,
}: {
  label: string;
  text: string;
  onChange: (text: string) => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation('admin');
  const shift = readShift(text);
  return (
    <span className={classes.shift}>
      <TextInput
        type="time"
        size="xs"
        w={128}
        aria-label={`${label}: ${t('hours.from')}`}
        value={shift.from}
        onChange={(event) => onChange(writeShift({ ...shift, from: event.currentTarget.value }))}
      />
      <span aria-hidden>–</span>
      <TextInput
        type="time"
        size="xs"
        w={128}
        aria-label={`${label}: ${t('hours.to')}`}
        value={shift.to}
        onChange={(event) => onChange(writeShift({ ...shift, to: event.currentTarget.value }))}
      />
      {overnight(shift) && (
        <Text size="xs" c="dimmed">
          {t('hours.nextDay')}
        </Text>
      )}
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label={t('hours.remove', { what: label })}
        onClick={onRemove}
      >
        <IconX size={14} aria-hidden />
      </ActionIcon>
    </span>
  );
}

function AddDate({
  label,
  taken,
  onAdd,
}: {
  label: string;
  taken: readonly string[];
  onAdd: (date: string) => void;
}) {
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

function Holidays({
  hours,
  set,
  paths,
}: {
  hours: Hours;
  set: (change: Partial<Hours>) => void;
  paths: readonly string[];
}) {
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

function SpecialDays({
  days,
  onChange,
}: {
  days: Record<string, string[]>;
  onChange: (days: Record<string, string[]>) => void;
}) {
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
