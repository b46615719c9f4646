using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RadLab.Notebooks;

/// <summary>
/// Papermill's parameters: the cell tagged <c>parameters</c> declares names with defaults; a run that sets some of them
/// gets a cell tagged <c>injected-parameters</c> after it, which replaces one of an earlier run.
/// </summary>
public static class Parameters
{
    public const string Tag = "parameters";
    public const string InjectedTag = "injected-parameters";

    /// <summary>The declared names in order, with the C# type each has.</summary>
    public static IReadOnlyDictionary<string, string> Declared(Notebook notebook)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        if (ParametersCell(notebook) is not { } at) return names;
        var tree = CSharpSyntaxTree.ParseText(notebook.Cells[at].Source, new CSharpParseOptions(LanguageVersion.Latest, kind: SourceCodeKind.Script));
        foreach (var declaration in tree.GetRoot().ChildNodes().OfType<FieldDeclarationSyntax>().Select(f => f.Declaration))
            foreach (var variable in declaration.Variables)
                names[variable.Identifier.ValueText] = TypeOf(declaration.Type, variable.Initializer?.Value);
        return names;
    }

    /// <summary>Inserts the cell that sets <paramref name="values"/>, or replaces an earlier one; without values only removes it.</summary>
    public static void Inject(Notebook notebook, IReadOnlyDictionary<string, string> values)
    {
        var declared = Declared(notebook);
        var lines = values.Select(v => Line(notebook, declared, v.Key, v.Value)).ToArray();
        for (int i = notebook.Cells.Count - 1; i >= 0; i--)
            if (notebook.Cells[i].Tags.Contains(InjectedTag)) notebook.RemoveAt(i);
        if (lines.Length == 0) return;
        var metadata = new JsonObject { ["tags"] = new JsonArray(InjectedTag) };
        notebook.InsertCode(ParametersCell(notebook)!.Value + 1, "// Parameters\n" + string.Join('\n', lines), metadata);
    }

    private static int? ParametersCell(Notebook notebook)
    {
        for (int i = 0; i < notebook.Cells.Count; i++)
            if (notebook.Cells[i].Kind == CellKind.Code && notebook.Cells[i].Tags.Contains(Tag)) return i;
        return null;
    }

    private static string Line(Notebook notebook, IReadOnlyDictionary<string, string> declared, string name, string value)
    {
        if (declared.Count == 0)
            throw new ParameterException($"{notebook.File}: parameter '{name}' cannot be set: the notebook has no code cell tagged '{Tag}'");
        if (!declared.TryGetValue(name, out string? type))
            throw new ParameterException($"{notebook.File}: no parameter '{name}'; the notebook has {string.Join(", ", declared.Keys)}");
        string literal = Literal(type, value) ?? throw new ParameterException($"{notebook.File}: parameter '{name}' must be {type}, got '{value}'");
        return $"{type} {name} = {literal};";
    }

    // Declared again with the type it had: a double in place of a float would break the cells below.
    private static string TypeOf(TypeSyntax type, ExpressionSyntax? initializer)
    {
        if (!type.IsVar) return type.ToString();
        if (initializer is PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.UnaryMinusExpression or (int)SyntaxKind.UnaryPlusExpression } sign) initializer = sign.Operand;
        return (initializer as LiteralExpressionSyntax)?.Token.Value switch
        {
            int => "int",
            uint => "uint",
            long => "long",
            float => "float",
            double => "double",
            decimal => "decimal",
            bool => "bool",
            _ => "string",
        };
    }

    private static string? Literal(string type, string value)
    {
        var culture = CultureInfo.InvariantCulture;
        return type switch
        {
            "string" or "string?" => SymbolDisplay.FormatLiteral(value, quote: true),
            "bool" => bool.TryParse(value, out bool b) ? (b ? "true" : "false") : null,
            "int" => int.TryParse(value, NumberStyles.AllowLeadingSign, culture, out int i) ? i.ToString(culture) : null,
            "uint" => uint.TryParse(value, NumberStyles.None, culture, out uint u) ? u.ToString(culture) + "u" : null,
            "long" => long.TryParse(value, NumberStyles.AllowLeadingSign, culture, out long l) ? l.ToString(culture) + "L" : null,
            "ulong" => ulong.TryParse(value, NumberStyles.None, culture, out ulong ul) ? ul.ToString(culture) + "UL" : null,
            "float" => float.TryParse(value, NumberStyles.Float, culture, out float f) && float.IsFinite(f) ? f.ToString("R", culture) + "f" : null,
            "double" => double.TryParse(value, NumberStyles.Float, culture, out double d) && double.IsFinite(d) ? d.ToString("R", culture) + "d" : null,
            "decimal" => decimal.TryParse(value, NumberStyles.Float, culture, out decimal m) ? m.ToString(culture) + "m" : null,
            _ => null,
        };
    }
}
