// Written by protocol-generator from the specifications: change those pages, then run `make generate`.

#if !hasFeature(Embedded)
  extension WireSchema {
    /// The protocols that this library knows.
    public static let specifications: [Specification] = [
      .percuss,
      .theragunGen4,
    ]
  }

  extension WireSchema.Specification {
    /// Every message, in the order of the specification.
    public var messages: [WireSchema.Message] {
      switch name {
      case Self.percuss.name: WireSchema.messages
      case Self.theragunGen4.name: WireSchema.theragunMessages
      default: []
      }
    }
  }
#endif
