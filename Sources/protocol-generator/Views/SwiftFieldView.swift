/// The fields of all protocols of a module, as an error names them.
struct SwiftFieldView {
  let specifications: [Specification]
  let folder: String

  init(_ specifications: [Specification], in folders: OutputFolders) {
    self.specifications = specifications
    folder = folders.swift
  }

  /// The protocol's place in the third byte, so that the numbers of the first one are those of its C codec.
  private static func number(_ entry: FieldTable.Entry, of place: Int) -> Int { place << 16 | entry.number }

  var files: [GeneratedFile] {
    [
      GeneratedFile(path: "\(folder)/WireField.swift", template: "swift/WireField", context: fieldTable),
      GeneratedFile(
        path: "\(folder)/WireSpecifications.swift", template: "swift/WireSpecifications",
        context: [
          "specifications": specifications.map { specification in
            ["name": Name(specification.name).lowerCamel, "messages": SwiftSchemaView.messages(specification)]
          }
        ]),
    ]
  }

  private var fieldTable: [String: Any] {
    let entries = specifications.enumerated().flatMap { place, specification in
      FieldTable(specification).entries.map { entry in
        var context: [String: Any] = [
          "name": SwiftView.identifier(Name(specification.prefix ?? "", entry.name.snake).lowerCamel),
          "number": SwiftView.hex(Int64(Self.number(entry, of: place)), digits: place == 0 ? 4 : 6),
          "key": entry.dotted,
          "title": specification.title,
        ]
        context["offset"] = entry.offset.map { ["value": String($0)] }
        return context
      }
    }
    return [
      "entries": entries,
      "variants": SwiftView.hex(Int64(FieldTable.variants), digits: 4),
      "example": specifications.first.flatMap { FieldTable($0).example } ?? "message.variant.field",
    ]
  }
}
