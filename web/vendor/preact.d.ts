/** A piece of the page, as made by `h` and htm. */
export type VNode = object;
export function h(type: unknown, props: unknown, ...children: unknown[]): VNode;
export function render(node: VNode, parent: Element): void;
