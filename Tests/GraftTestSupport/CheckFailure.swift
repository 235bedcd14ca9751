/// What a check found wrong, in words.
///
/// The support library throws it instead of calling a test framework, so that it stays an ordinary
/// library.
package struct CheckFailure: Error, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}
