extension Profile {
  /// A Theragun of the fourth generation, as far as it is public; unofficial, and not tried on hardware. Its service alone does not identify one: others use that UUID too.
  public static let theragun = Profile(services: [.theragun])
}

extension BluetoothUUID {
  /// The service of a Theragun.
  public static let theragunService = BluetoothUUID(0xFFE0)
  /// Its answers.
  public static let theragunNotify = BluetoothUUID(0xFFE1)
  /// Requests to it.
  public static let theragunWrite = BluetoothUUID(0xFFE2)
}

extension ServiceDescription {
  /// The service of a Theragun of the fourth generation (device documentation of the Buttplug project, `stpihkal/protocols/theragun`).
  public static let theragun = ServiceDescription(
    .theragunService, name: "Theragun Service",
    characteristics: [
      .init(.theragunNotify, name: "Theragun Notify", properties: [.notify]),
      .init(.theragunWrite, name: "Theragun Write", properties: [.write, .writeWithoutResponse]),
    ])
}
