/** The opening hours of one day, shift by shift. */
import { ActionIcon, Box, Group, Text, TextInput, Tooltip } from '@mantine/core';
import { IconCopy, IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { RemoveButton } from '../form/parts';
import classes from './hours.module.css';
import { nextShift, overnight, readShift, writeShift } from './shifts';

interface DayProps {
  label: string;
  shifts: readonly string[];
  onChange: (shifts: string[]) => void;
  onCopy?: (() => void) | undefined;
  onRemove?: (() => void) | undefined;
}

export function DayRow({ label, shifts, onChange, onCopy, onRemove }: DayProps) {
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
        {onRemove && <RemoveButton name={label} onRemove={onRemove} />}
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
        className={classes.time ?? ''}
        aria-label={`${label}: ${t('hours.from')}`}
        value={shift.from}
        onChange={(event) => onChange(writeShift({ ...shift, from: event.currentTarget.value }))}
      />
      <span aria-hidden>–</span>
      <TextInput
        type="time"
        size="xs"
        className={classes.time ?? ''}
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
