/// The objects that a connection offers, by path. No I/O in here.
struct ExportTable {
  private var objects: [ObjectPath: any ExportedObject] = [:]
  private var roots: Set<ObjectPath> = []

  func object(at path: ObjectPath) -> (any ExportedObject)? { objects[path] }

  /// - Returns: false when there is an object already.
  mutating func add(_ object: any ExportedObject, at path: ObjectPath) -> Bool {
    guard objects[path] == nil else { return false }
    objects[path] = object
    return true
  }

  mutating func remove(_ path: ObjectPath) {
    objects[path] = nil
  }

  mutating func addRoot(_ path: ObjectPath) {
    roots.insert(path)
  }

  func isRoot(_ path: ObjectPath) -> Bool { roots.contains(path) }

  /// Whether there is something at the path, were it only the way to an object below.
  func isKnown(_ path: ObjectPath) -> Bool {
    objects[path] != nil || roots.contains(path) || !children(of: path).isEmpty
  }

  /// The objects below the path, parents first.
  func objects(below root: ObjectPath) -> [(path: ObjectPath, object: any ExportedObject)] {
    objects.filter { $0.key.isDescendant(of: root) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The names of the next elements of the paths below.
  func children(of path: ObjectPath) -> [String] {
    let prefix = path == .root ? 1 : path.description.utf8.count + 1
    var names: Set<String> = []
    for other in objects.keys.filter({ $0.isDescendant(of: path) }) + roots.filter({ $0.isDescendant(of: path) }) {
      let rest = other.description.utf8.dropFirst(prefix)
      names.insert(String(decoding: rest.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self))
    }
    return names.sorted()
  }
}

extension ExportedObject {
  func interface(_ name: String) -> InterfaceDescription? { interfaces.first { $0.name == name } }

  /// The readable properties that have a value now.
  func properties(of interface: InterfaceDescription) -> DBusValue {
    var values: [DBusValue.Entry] = []
    for description in interface.properties where description.access != .write {
      guard let value = property(description.name, of: interface.name) else { continue }
      values.append(DBusValue.Entry(.string(description.name), .variant(value)))
    }
    return .dictionary(values, key: .string, value: .variant)
  }

  /// All interfaces with their properties, as ObjectManager tells them: also those that every object has.
  var interfacesAndProperties: DBusValue {
    let none: DBusValue = .dictionary([], key: .string, value: .variant)
    var entries = [DBusValue.Entry(.string(StandardInterface.introspectable.name), none)]
    entries += interfaces.map { DBusValue.Entry(.string($0.name), properties(of: $0)) }
    entries.append(DBusValue.Entry(.string(StandardInterface.properties.name), none))
    return .dictionary(entries, key: .string, value: .properties)
  }
}
