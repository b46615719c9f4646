using RadLab.Compute;

namespace RadLab.Training;

/// <summary>One kind of number that an optimizer keeps for a parameter.</summary>
/// <param name="Name">Behind the parameter's name in files.</param>
/// <param name="ElementsEach">Elements of the parameter that share one number: 1, or those of a block.</param>
internal sealed record StatePart(string Name, DType DType, int ElementsEach = 1)
{
    /// <summary>Parameters below this stay in 32 bits, as bitsandbytes has it.</summary>
    public const long Smallest8Bit = 4096;

    private static readonly StatePart[] s_full = [new("mean", DType.F32), new("square", DType.F32)];

    private static readonly StatePart[] s_8bit =
    [
        new("mean_codes", DType.U8), new("mean_absmax", DType.F32, AdamW8BitStep.BlockSize),
        new("square_codes", DType.U8), new("square_absmax", DType.F32, AdamW8BitStep.BlockSize),
    ];

    private static readonly StatePart s_master = new("master", DType.F32);

    private static readonly StatePart[] s_fullMaster = [.. s_full, s_master], s_8bitMaster = [.. s_8bit, s_master];

    public static StatePart[] Of(OptimizerKind kind, long elements, bool master) => (Is8Bit(kind, elements), master) switch
    {
        (false, false) => s_full,
        (true, false) => s_8bit,
        (false, true) => s_fullMaster,
        (true, true) => s_8bitMaster,
    };

    public static bool Is8Bit(OptimizerKind kind, long elements) => kind == OptimizerKind.AdamW8Bit && elements >= Smallest8Bit;

    public long Count(long elements) => (elements + ElementsEach - 1) / ElementsEach;

    public long Bytes(long elements) => Count(elements) * DType.Size();
}
