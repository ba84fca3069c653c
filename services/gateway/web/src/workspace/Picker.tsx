/** A button that opens a searchable list. */
import { Combobox, Text, useCombobox } from '@mantine/core';
import { type ReactElement, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

export interface Option {
  value: string;
  label: string;
  mark?: ReactNode;
  hint?: string;
}

interface Props {
  /** What opens the list; gets the ref and the click. */
  target: (open: () => void) => ReactElement;
  search: string;
  options: readonly Option[];
  /** Shown above the list, not searched. */
  first?: readonly Option[];
  empty: string;
  onChoose: (value: string) => void;
  width?: number;
}

export function Picker({ target, search: label, options, first = [], empty, onChoose, width = 260 }: Props) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      combobox.focusTarget();
      setSearch('');
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  const wanted = search.trim().toLocaleLowerCase();
  const found = options.filter((option) => option.label.toLocaleLowerCase().includes(wanted));

  return (
    <Combobox
      store={combobox}
      width={width}
      position="bottom-start"
      shadow="md"
      withinPortal
      onOptionSubmit={(value) => {
        combobox.closeDropdown();
        // Once the target has the focus: what is chosen may disable it for a moment.
        setTimeout(() => onChoose(value));
      }}
    >
      <Combobox.Target targetType="button" withAriaAttributes={false}>
        {target(() => combobox.toggleDropdown())}
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
            combobox.selectFirstOption();
          }}
          aria-label={label}
          placeholder={label}
        />
        <Combobox.Options mah={260} style={{ overflowY: 'auto' }} aria-label={label}>
          {wanted === '' && first.map((option) => <Choice key={option.value} option={option} strong />)}
          {found.map((option) => (
            <Choice key={option.value} option={option} />
          ))}
          {found.length === 0 && (wanted !== '' || first.length === 0) && (
            <Combobox.Empty>{options.length === 0 ? empty : t('settings.noMatch')}</Combobox.Empty>
          )}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

function Choice({ option, strong }: { option: Option; strong?: boolean }) {
  return (
    <Combobox.Option value={option.value}>
      <span style={{ display: 'flex', alignItems: 'center', gap: 8, minWidth: 0 }}>
        {option.mark}
        <Text size="sm" truncate fw={strong ? 600 : 400} component="span" style={{ flex: 1 }}>
          {option.label}
        </Text>
        {option.hint && (
          <Text size="xs" c="dimmed" component="span">
            {option.hint}
          </Text>
        )}
      </span>
    </Combobox.Option>
  );
}
