/** Fields that have an editor of their own instead of the one drawn from their schema, and help above a form's part. */
import type { ComponentType } from 'react';
import { MailGuide } from '../extras/MailGuide';
import { HoursField } from '../hours/HoursField';
import { ConditionsField } from '../rules/ConditionsField';
import { OwnerField } from '../rules/OwnerField';
import { ScriptsField } from '../scripts/ScriptsField';
import { OptionsField } from '../surveys/OptionsField';
import type { FieldProps } from './FieldView';
import type { Value } from './values';

export const EDITORS: Record<string, ComponentType<FieldProps>> = {
  'ScheduleSettings.hours': HoursField,
  'Rule.conditions': ConditionsField,
  'AutoResponder.scripts': ScriptsField,
  'AssignOwner.owner': OwnerField,
  'SurveyLanguage.options': OptionsField,
};

export interface GuideProps {
  value: Value;
  onChange: (value: Value) => void;
}

export const GUIDES: Record<string, ComponentType<GuideProps>> = { EmailConfig: MailGuide };
