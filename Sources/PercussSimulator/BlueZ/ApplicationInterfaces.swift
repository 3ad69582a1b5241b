internal import PercussBlueZ
internal import PercussDBus

/// The interfaces of the peripheral role as introspection shows them, and their properties.
enum ApplicationInterfaces {
  static let gattManager = InterfaceDescription(
    BlueZ.Interface.gattManager,
    methods: [
      .init("RegisterApplication", in: [.init("application", "o"), .init("options", "a{sv}")]),
      .init("UnregisterApplication", in: [.init("application", "o")]),
    ])

  static let advertisingManager = InterfaceDescription(
    BlueZ.Interface.advertisingManager,
    methods: [
      .init("RegisterAdvertisement", in: [.init("advertisement", "o"), .init("options", "a{sv}")]),
      .init("UnregisterAdvertisement", in: [.init("service", "o")]),
    ],
    properties: [
      .init("ActiveInstances", "y"), .init("SupportedInstances", "y"), .init("SupportedIncludes", "as"),
      .init("SupportedSecondaryChannels", "as"), .init("SupportedFeatures", "as"),
      .init("SupportedCapabilities", "a{sv}"),
    ])

  /// As of a controller with extended advertising.
  static func properties(active: UInt8, supported: UInt8) -> [NamedProperty] {
    [
      NamedProperty("ActiveInstances", .byte(active)), NamedProperty("SupportedInstances", .byte(supported)),
      NamedProperty("SupportedIncludes", .strings(["tx-power", "appearance", "local-name"])),
      NamedProperty("SupportedSecondaryChannels", .strings(["1M", "2M", "Coded"])),
      NamedProperty("SupportedFeatures", .strings(["CanSetTxPower", "HardwareOffload"])),
      NamedProperty(
        "SupportedCapabilities",
        .dictionary(of: [
          NamedProperty("MinTxPower", .int16(-34)), NamedProperty("MaxTxPower", .int16(7)),
          NamedProperty("MaxAdvLen", .byte(31)), NamedProperty("MaxScnRspLen", .byte(31)),
        ])),
    ]
  }
}
