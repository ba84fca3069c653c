/** Conditions and actions of a rule in the page's words, with the names of what their ids name. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { record } from '../../api/wire';
import { languageName } from '../../i18n/format';
import { useNames, useSession } from '../../session/context';
import { useSchemaWords } from '../words';
import type { FieldNode, Node, Vocabulary } from './conditions';

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Replaces the ids in a text by the names of what they are; one that names nothing any more stays. */
export function useNamed(): (text: string) => string {
  const { channels, teams, topics, labels, reasons, agents } = useNames();
  const { virtual_agents } = useSession().workspace;
  return useMemo(() => {
    const all = [channels, teams, topics, labels, reasons, agents].flatMap((map) => [...map.values()]);
    const names = new Map([...all, ...virtual_agents].map(({ id, name }) => [id, name]));
    return (text) => names.get(text) ?? text.replace(ID, (id) => names.get(id) ?? id);
  }, [channels, teams, topics, labels, reasons, agents, virtual_agents]);
}

/** "title" of a field whose schema gives none of its own. */
function titleOf(name: string): string {
  return name.replaceAll('_', ' ').replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

function empty(value: unknown): boolean {
  return value === null || value === '' || value === false || (Array.isArray(value) && value.length === 0);
}

export function useRuleWords(vocabulary: Vocabulary) {
  const { t } = useTranslation('admin');
  const { titled, valueWord } = useSchemaWords();
  const named = useNamed();

  function compared({ field, operator, value }: FieldNode): string {
    const known = vocabulary.fields.find(({ name }) => name === field);
    const word = (one: unknown) => {
      if (typeof one === 'boolean') return t(one ? 'rules.yes' : 'rules.no');
      if (known?.choices) return valueWord(field, String(one));
      if (field === 'language' || field === 'browser_language') return languageName(String(one));
      return named(String(one));
    };
    const values = (Array.isArray(value) ? value : [value]).filter((one) => one !== null).map(word);
    return operator === 'in_the_last' ? `${values} ${t('rules.days')}` : values.join(', ');
  }

  function condition(node: Node): string {
    switch (node.test) {
      case 'group':
        return t(`rules.joins.${node.join}`);
      case 'keywords': {
        const about = t(node.about === 'subject' ? 'rules.inSubject' : 'rules.inText');
        const contains = t(node.match === 'all_of' ? 'rules.containsAll' : 'rules.containsAny');
        return `${about} ${contains} ${node.keywords}`;
      }
      default: {
        const title = vocabulary.fields.find(({ name }) => name === node.field)?.title ?? node.field;
        const about = node.field === 'contact_attribute' ? node.attribute : titled(title);
        return `${about} ${valueWord('operator', node.operator)} ${compared(node)}`.trim();
      }
    }
  }

  function given(value: unknown): string {
    if (Array.isArray(value)) return value.map(given).join(', ');
    if (typeof value === 'object' && value !== null)
      return Object.entries(value)
        .filter(([name, one]) => name !== 'kind' && !empty(one))
        .map(([name, one]) => (name === 'id' ? given(one) : `${titled(titleOf(name))} ${given(one)}`))
        .join(', ');
    if (typeof value === 'boolean') return t(value ? 'rules.yes' : 'rules.no');
    const text = named(String(value));
    return text.length > 100 ? `${text.slice(0, 99)}…` : text;
  }

  function action(value: unknown): string {
    const { act, ...rest } = record(value);
    const details = Object.entries(rest)
      .filter(([, one]) => !empty(one))
      .map(([name, one]) => `${titled(titleOf(name))}: ${given(one)}`);
    return [valueWord('act', String(act)), ...details].join(' · ');
  }

  return { condition, action };
}
