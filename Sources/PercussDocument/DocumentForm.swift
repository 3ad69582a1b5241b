/// What a kind of document calls its parts, so that messages speak of what their reader wrote.
package struct DocumentForm: Sendable {
  /// What a file holds one of, as in "routine".
  package var noun: String
  /// What its lists are made of, as in "step".
  package var item: String
  /// The same with its article, as in "a step".
  package var anItem: String
  /// Why nothing stands for something else in it.
  package var writtenOut: String
  /// What to do instead of using an alias, appended to the advice to write the value itself.
  package var aliasHelp: String
  /// How deep it may nest.
  package var nestingHelp: String
  /// How it begins: what to write into an empty file.
  package var beginning: String
  /// The largest document, in bytes.
  package var maximumSize: Int
  /// How to say the same in fewer bytes.
  package var sizeHelp: String
  /// Whether it is always JSON, whatever the file's name and beginning.
  package var isAlwaysJSON: Bool

  package init(
    noun: String, item: String, anItem: String, writtenOut: String, aliasHelp: String = "", nestingHelp: String,
    beginning: String, maximumSize: Int, sizeHelp: String, isAlwaysJSON: Bool = false
  ) {
    self.noun = noun
    self.item = item
    self.anItem = anItem
    self.writtenOut = writtenOut
    self.aliasHelp = aliasHelp
    self.nestingHelp = nestingHelp
    self.beginning = beginning
    self.maximumSize = maximumSize
    self.sizeHelp = sizeHelp
    self.isAlwaysJSON = isAlwaysJSON
  }
}
