internal import PercussDBus
internal import PercussLink

/// The options with which bluetoothd calls a GATT application.
struct ApplicationOptions: Equatable {
  /// The central's object.
  var device: ObjectPath?
  /// Where in the value a part begins, 0 to 65535.
  var offset = 0
  /// ATT_MTU of the link, 23 to 517.
  var maximumTransmissionUnit: Int?
  /// How the central wrote; bluetoothd leaves it out.
  var type: WriteType?
  /// Whether this only asks if a long write is allowed.
  var isPrepareAuthorization = false

  init(device: ObjectPath? = nil) {
    self.device = device
  }

  /// Options as they came; what has another type than documented is passed over.
  init(_ value: DBusValue?) {
    let options = value?.propertyMap ?? [:]
    device = options["device"]?.objectPath
    offset = options["offset"]?.integer(as: UInt16.self).map(Int.init) ?? 0
    maximumTransmissionUnit = options["mtu"]?.integer(as: Int.self).flatMap { (23...517).contains($0) ? $0 : nil }
    type =
      switch options["type"]?.string {
      case "command": .command
      case "request", "reliable": .request
      default: nil
      }
    isPrepareAuthorization = options["prepare-authorize"]?.bool ?? false
  }
}
