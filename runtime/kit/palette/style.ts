/** Looks of the generated forms; only Node-RED's own colours, so that they follow its theme. */
export const formStyle = `
.torg-form .torg-row { display: grid; grid-template-columns: minmax(110px, 28%) minmax(0, 1fr); gap: 2px 12px; align-items: start; margin-bottom: 14px; }
.torg-form .torg-row[hidden], .torg-form [hidden] { display: none !important; }
.torg-form .torg-row > label, .torg-form .torg-row > .torg-label { width: auto; margin: 0; padding-top: 7px; line-height: 1.35; color: var(--red-ui-form-text-color); overflow-wrap: anywhere; cursor: default; }
.torg-form .torg-row > label > .fa, .torg-form .torg-row > .torg-label > .fa { width: 16px; text-align: center; color: var(--red-ui-secondary-text-color); }
.torg-form .torg-section { margin: 22px 0 12px; padding-top: 12px; font-size: 14px; font-weight: 600; line-height: 1.35; color: var(--red-ui-form-text-color); border-top: 1px solid var(--red-ui-form-input-border-color); }
.torg-form .torg-required { color: var(--red-ui-text-color-error); }
.torg-form .torg-control { min-width: 0; }
.torg-form .torg-control > input[type=text], .torg-form .torg-control > select, .torg-form .torg-control textarea { width: 100%; max-width: none; box-sizing: border-box; margin: 0; }
.torg-form .torg-control textarea { resize: vertical; }
.torg-form .torg-control .torg-code { font-family: var(--red-ui-monospace-font); font-size: 13px; line-height: 1.4; margin-bottom: 4px; white-space: pre; overflow: auto; }
.torg-form .torg-number { display: inline-flex; align-items: center; gap: 8px; }
.torg-form .torg-number > input[type=number] { width: 110px; margin: 0; }
.torg-form .torg-unit { color: var(--red-ui-secondary-text-color); }
.torg-form .torg-control > .torg-check { width: auto; margin: 9px 0 0; }
.torg-form .torg-choices { display: flex; flex-direction: column; gap: 4px; padding-top: 6px; }
.torg-form .torg-choices > label { display: flex; width: auto; margin: 0; gap: 8px; align-items: baseline; }
.torg-form .torg-choices > label > input { width: auto; margin: 0; flex: none; position: relative; top: 1px; }
.torg-form .torg-secret { display: flex; gap: 6px; }
.torg-form .torg-secret > input { flex: 1; min-width: 0; width: auto; margin: 0; font-family: var(--red-ui-monospace-font); font-size: 13px; }
.torg-form .torg-hint { color: var(--red-ui-secondary-text-color); font-size: 12px; line-height: 1.4; margin-top: 3px; overflow-wrap: anywhere; }
.torg-form .torg-fault { color: var(--red-ui-text-color-error); font-size: 12px; line-height: 1.4; margin-top: 3px; }
.torg-form .torg-row-faulty .torg-code { border-color: var(--red-ui-form-input-border-error-color); }
.torg-form .torg-check-result.torg-passed { color: var(--red-ui-text-color-success); }
.torg-form .torg-check-result.torg-failed { color: var(--red-ui-text-color-error); }
.torg-form .torg-address code { display: inline-block; max-width: 100%; overflow-wrap: anywhere; white-space: normal; user-select: all; padding: 4px 6px; margin-top: 3px; color: var(--red-ui-form-text-color); background: var(--red-ui-form-input-background-disabled); border: 1px solid var(--red-ui-form-input-border-color); }
`.trim()
