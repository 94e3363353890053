/// What is to be run: a line a process, `name: command`.
package struct Procfile: Hashable, Sendable {}
