// Written by protocol-generator from protocol-spec/theragun-gen4.yaml: change that page, then run `make generate`.
//
// Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, stpihkal/protocols/theragun,
// issue stpihkal#127), made for interoperability, not tried on hardware.

#if !hasFeature(Embedded)
  extension WireSchema.Specification {
    /// Theragun generation 4.
    public static let theragunGen4 = Self(
      name: "theragun_gen4", title: "Theragun generation 4",
      notice:
        "Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, "
        + "stpihkal/protocols/theragun, issue stpihkal#127), made for interoperability, not tried on "
        + "hardware.",
      isBigEndian: true, uuidBase: nil)
  }

  extension WireSchema {
    /// Every message of Theragun generation 4, in the order of the specification.
    public static let theragunMessages: [Message] = [
      theragunRequest,
      theragunNotification,
    ]

    /// A request to the device.
    public static let theragunRequest = Message(
      name: "request", doc: "A request to the device.",
      specification: .theragunGen4, direction: .centralToPeripheral, characteristic: .theragunWrite, channel: nil,
      codec: TheragunRequest.self, requiresVariant: true,
      header: [
        WireSchema.Field("start", at: 0, .integer(.u8), constant: 0xAA, doc: "Every request begins with it."),
        WireSchema.Field(
          "checksum", at: 1, .integer(.u8), checksum: .sum8(from: 2), doc: "Sum of the bytes behind it."
        ),
        WireSchema.Field("kind", at: 2, .enumeration(.theragunRequestKind), doc: "What is asked for."),
      ],
      variants: [
        .theragunRequestSetSpeed,
        .theragunRequestStatus,
        .theragunRequestVersion,
      ])

    /// An answer of the device.
    public static let theragunNotification = Message(
      name: "notification", doc: "An answer of the device.",
      specification: .theragunGen4, direction: .peripheralToCentral, characteristic: .theragunNotify, channel: nil,
      codec: TheragunNotification.self, requiresVariant: true,
      header: [
        WireSchema.Field("start", at: 0, .integer(.u8), constant: 0xBB, doc: "Every notification begins with it."),
        WireSchema.Field(
          "checksum", at: 1, .integer(.u8), checksum: .sum8(from: 2), doc: "Sum of the bytes behind it."
        ),
        WireSchema.Field("kind", at: 2, .enumeration(.theragunNotificationKind), doc: "What it tells."),
      ],
      variants: [
        .theragunNotificationStatus,
        .theragunNotificationVersion,
      ])
  }

  extension WireSchema.Variant {
    static let theragunRequestSetSpeed = Self(
      name: "set_speed", doc: "Drive the motor.",
      when: [WireSchema.Selector("kind", is: 0x01)],
      fields: [
        WireSchema.Field(
          "fixed", at: 3, .integer(.u8), constant: 0x03, doc: "Always 3 for a speed; what it means is not public."
        ),
        WireSchema.Field(
          "speed", at: 4, .integer(.u16), unit: .theragunRevolutionsPerMinute, range: 0...3616,
          doc: "Speed of the motor; 0 stops it. Not a number of percussions."
        ),
        WireSchema.Field("end", at: 6, .integer(.u8), constant: 0x03, doc: "Always 3; what it means is not public."),
      ])
    static let theragunRequestStatus = Self(
      name: "status", doc: "Say what the motor does.",
      when: [WireSchema.Selector("kind", is: 0x10)],
      fields: [
        WireSchema.Field("fixed", at: 3, .integer(.u8), constant: 0x00, doc: "Always 0.")
      ])
    static let theragunRequestVersion = Self(
      name: "version", doc: "Say which firmware it is.",
      when: [WireSchema.Selector("kind", is: 0x20)],
      fields: [
        WireSchema.Field("fixed", at: 3, .integer(.u8), constant: 0x00, doc: "Always 0.")
      ])
    static let theragunNotificationStatus = Self(
      name: "status", doc: "What the motor does. A force follows the speed; its layout is not public.",
      when: [WireSchema.Selector("kind", is: 0x10)],
      fields: [
        WireSchema.Field("unknown_byte", at: 3, .integer(.u8), isOpaque: true, doc: "What it means is not public."),
        WireSchema.Field("motion", at: 4, .enumeration(.theragunMotion), doc: "Whether the motor runs."),
        WireSchema.Field(
          "unknown_bytes", at: 5, .integer(.u64), isOpaque: true, doc: "What these eight bytes mean is not public."
        ),
        WireSchema.Field(
          "speed", at: 13, .integer(.u16), unit: .theragunRevolutionsPerMinute, doc: "Speed of the motor."
        ),
      ])
    static let theragunNotificationVersion = Self(
      name: "version", doc: "Which firmware it is.",
      when: [WireSchema.Selector("kind", is: 0x20)],
      fields: [
        WireSchema.Field("unknown_byte", at: 3, .integer(.u8), isOpaque: true, doc: "What it means is not public."),
        WireSchema.Field(
          "unknown_bytes", at: 4, .integer(.u64), isOpaque: true, doc: "What these eight bytes mean is not public."
        ),
        WireSchema.Field(
          "version", at: 12, .integer(.u16),
          doc: "v: the major version is v / 100, the minor one v % 100 / 10, the patch v % 10."
        ),
      ])
  }

  extension WireSchema.Enumeration {
    static let theragunRequestKind = Self(
      name: "request_kind", integer: .u8, isOpen: false,
      values: [
        WireSchema.NamedValue("set_speed", 1, "Drive the motor."),
        WireSchema.NamedValue("status", 16, "Say what the motor does."),
        WireSchema.NamedValue("version", 32, "Say which firmware it is."),
      ])
    static let theragunNotificationKind = Self(
      name: "notification_kind", integer: .u8, isOpen: false,
      values: [
        WireSchema.NamedValue("status", 16, "What the motor does."),
        WireSchema.NamedValue("version", 32, "Which firmware it is."),
      ])
    static let theragunMotion = Self(
      name: "motion", integer: .u8, isOpen: true,
      values: [
        WireSchema.NamedValue("at_rest", 0, "It does not run."),
        WireSchema.NamedValue("running", 1, "It runs."),
      ])
  }

  extension WireSchema.Characteristic {
    static let theragunNotify = Self(
      name: "notify", title: "Theragun Notify", number: TheragunIdentifiers.notifyCharacteristic
    )
    static let theragunWrite = Self(
      name: "write", title: "Theragun Write", number: TheragunIdentifiers.writeCharacteristic
    )
  }

  extension WireSchema.Unit {
    static let theragunRevolutionsPerMinute = Self(name: "revolutions_per_minute", symbol: "RPM", decimals: 0)
  }
#endif
