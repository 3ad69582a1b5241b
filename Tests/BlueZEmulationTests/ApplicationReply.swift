import PercussBlueZ
import PercussDBus
import PercussGATT

/// What an application answers to `GetManagedObjects`.
struct ApplicationReply {
  var objects: [ObjectPath: [String: [String: DBusValue]]]

  var values: [DBusValue] {
    let interfaces = Signature("a{sa{sv}}") ?? .properties
    return [
      .dictionary(
        objects.sorted { $0.key < $1.key }.map { path, interfaces in
          .init(
            .objectPath(path),
            .dictionary(
              interfaces.map { .init(.string($0.key), .properties($0.value)) }, key: .string, value: .properties))
        }, key: .objectPath, value: interfaces)
    ]
  }

  static func service(_ uuid: String = "aa00", isPrimary: DBusValue = .boolean(true)) -> [String: [String: DBusValue]] {
    [BlueZ.Interface.service: ["UUID": .string(uuid), "Primary": isPrimary]]
  }

  static func characteristic(
    _ uuid: BluetoothUUID, _ flags: [String], of service: ObjectPath, _ more: [String: DBusValue] = [:]
  ) -> [String: [String: DBusValue]] {
    let properties: [String: DBusValue] = [
      "UUID": .string(uuid.fullText), "Service": .objectPath(service), "Flags": .strings(flags),
    ]
    return [BlueZ.Interface.characteristic: properties.merging(more) { $1 }]
  }
}
