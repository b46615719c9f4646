using RadLab.Compute;

namespace RadLab.Training;

/// <summary>What an optimizer keeps for one parameter, in one piece or, paged, in several.</summary>
internal sealed class ParameterState(Parameter parameter, ParameterGroup group, OptimizerKind kind)
{
    public Parameter Parameter { get; } = parameter;

    public ParameterGroup Group { get; } = group;

    public bool Is8Bit { get; } = StatePart.Is8Bit(kind, parameter.Shape.Count);

    public bool HasMaster { get; } = parameter.Value.DType == DType.BF16;

    public StatePart[] Parts { get; } = StatePart.Of(kind, parameter.Shape.Count, parameter.Value.DType == DType.BF16);

    /// <summary>In order; together they cover the parameter.</summary>
    public StatePiece[] Pieces { get; set; } = [];

    public long Elements => Parameter.Shape.Count;

    public string NameOf(StatePart part) => $"{Parameter.Name}.{part.Name}";

    /// <summary>Shape of a part over the whole parameter.</summary>
    public Shape ShapeOf(StatePart part) => part.ElementsEach == 1 ? Parameter.Shape : Shape.Create([checked((int)part.Count(Elements))]);

    public long Bytes => Parts.Sum(p => p.Bytes(Elements));

    public void TakeMaster()
    {
        if (!HasMaster) return;
        foreach (var piece in Pieces) AdamWStep.TakeMaster(Parameter.Value, piece.Parts[^1], piece.Range);
    }

    public void Step(AdamWSettings settings, long step, float gradientScale)
    {
        var (p, g) = (Parameter.Value, Parameter.Gradient!.Value);
        foreach (var piece in Pieces)
        {
            var t = piece.Parts;
            if (Is8Bit) AdamW8BitStep.Apply(p, g, new AdamW8BitState(t[0], t[1], t[2], t[3]), settings, step, gradientScale, HasMaster ? t[4] : null, piece.Range);
            else if (HasMaster) AdamWStep.Apply(p, t[2], g, t[0], t[1], settings, step, gradientScale, piece.Range);
            else AdamWStep.Apply(p, g, t[0], t[1], settings, step, gradientScale, piece.Range);
        }
    }
}

/// <param name="Range">Null: the whole parameter, in tensors of its shape.</param>
/// <param name="Parts">A tensor for each part of the state.</param>
internal sealed record StatePiece(ElementRange? Range, Tensor[] Parts);
