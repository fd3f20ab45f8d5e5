import { join } from 'node:path'

/**
 * How the editor looks: Torg's name and logo, the hub's nodes first in the palette.
 * https://nodered.org/docs/user-guide/runtime/configuration#editor-themes
 * @param brand folder with `logo.svg`, `mask.svg`, `favicon.png` and `editor.css`
 */
export function createEditorTheme({ brand, project, environment }: { brand: string, project: string, environment: string }): Record<string, unknown> {
  const logo = join(brand, 'logo.svg')
  return {
    page: { title: `Torg: ${project} (${environment})`, css: join(brand, 'editor.css'), favicon: join(brand, 'favicon.png'), tabicon: { icon: join(brand, 'mask.svg'), colour: '#0f6f68' } },
    header: { title: `Torg · ${project} · ${environment}`, image: logo },
    login: { image: logo },
    palette: { categories: ['Torg hub', 'Torg systems', 'subflows', 'common', 'function', 'network', 'sequence', 'parser', 'storage'] },
  }
}
