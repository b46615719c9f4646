using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RadLab.Notebooks;

/// <param name="Kind">What Jupyter clients show an icon for: class, function, property, keyword, ...</param>
internal sealed record CompletionItem(string Text, string Kind, string Signature);

/// <param name="Start">The text between Start and End is replaced by an item.</param>
internal sealed record Completion(int Start, int End, IReadOnlyList<CompletionItem> Items);

/// <summary>
/// Completion and explanation for the cell being typed: the cell is compiled behind what has run, and asked what its
/// symbols are. Roslyn's own completion service is not used: names, members and signatures need only the compiler.
/// </summary>
internal sealed class CodeAssistant(Session session)
{
    private const int Most = 500;
    private const int MostOverloads = 12;

    private static readonly SymbolDisplayFormat s_signature = SymbolDisplayFormat.MinimallyQualifiedFormat
        .WithParameterOptions(SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeDefaultValue
            | SymbolDisplayParameterOptions.IncludeParamsRefOut | SymbolDisplayParameterOptions.IncludeExtensionThis);

    private readonly XmlDocs _docs = new();

    /// <summary>"complete", "incomplete" or "invalid"; "unknown" for cells with other languages.</summary>
    public static string Completeness(string code)
    {
        if (CellParts.Stretches(code, "csharp").Any(s => s.Language is not ("" or "csharp"))) return "unknown";
        var tree = SyntaxFactory.ParseSyntaxTree(Blanked(code), CellCode.Options);
        if (!SyntaxFactory.IsCompleteSubmission(tree)) return "incomplete";
        return tree.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error) ? "invalid" : "complete";
    }

    public Completion Complete(string code, int cursor)
    {
        if (!IsCSharp(code, cursor)) return new Completion(cursor, cursor, []);
        int start = cursor;
        while (start > 0 && (char.IsLetterOrDigit(code[start - 1]) || code[start - 1] == '_')) start--;
        string prefix = code[start..cursor];
        var (model, root) = Open(code);
        if (root.FindTrivia(Math.Max(0, cursor - 1)).Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia || InsideText(root, cursor)) return new Completion(cursor, cursor, []);

        var container = start > 0 && code[start - 1] == '.' ? Container(model, root, start - 1) : null;
        if (container is null && start > 0 && code[start - 1] == '.') return new Completion(start, cursor, []);
        IEnumerable<ISymbol> symbols = container is not var (symbol, isStatic)
            ? model.LookupSymbols(start)
            : symbol is INamespaceSymbol space ? model.LookupNamespacesAndTypes(start, space)
            : isStatic ? model.LookupStaticMembers(start, symbol)
            : model.LookupSymbols(start, symbol, includeReducedExtensionMethods: true).Where(s => !s.IsStatic || s is IMethodSymbol { MethodKind: MethodKind.ReducedExtension });

        var items = symbols
            .Where(s => s.CanBeReferencedByName && s.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && !Hidden(s))
            .GroupBy(s => s.Name, StringComparer.Ordinal)
            .Select(g => new CompletionItem(g.Key, Kind(g.First()), g.First().ToDisplayString(s_signature) + (g.Count() > 1 ? FormattableString.Invariant($" (+{g.Count() - 1})") : "")));
        if (container is null && prefix.Length > 0)
            items = items.Concat(SyntaxFacts.GetKeywordKinds().Select(SyntaxFacts.GetText).Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Select(k => new CompletionItem(k, "keyword", k)));
        // exact case first: what was typed is what was meant
        return new Completion(start, cursor, [.. items.DistinctBy(i => i.Text)
            .OrderBy(i => i.Text.StartsWith(prefix, StringComparison.Ordinal) ? 0 : 1).ThenBy(i => i.Text, StringComparer.OrdinalIgnoreCase).ThenBy(i => i.Text, StringComparer.Ordinal).Take(Most)]);
    }

    /// <summary>Signature and documentation of what stands at the cursor, or of the call whose arguments are being typed; null when there is nothing to say.</summary>
    public string? Inspect(string code, int cursor)
    {
        if (!IsCSharp(code, cursor)) return null;
        var (model, root) = Open(code);
        var symbols = At(model, root, cursor);
        if (symbols.Count == 0 && cursor > 0) symbols = At(model, root, cursor - 1);
        if (symbols.Count == 0) symbols = Call(model, root, cursor);
        if (symbols.Count == 0) return null;
        var text = new StringBuilder();
        foreach (var symbol in symbols.Take(MostOverloads)) text.Append(Describe(symbol)).Append('\n');
        if (symbols.Count > MostOverloads) text.Append(FormattableString.Invariant($"... and {symbols.Count - MostOverloads} more\n"));
        if (_docs.Of(symbols[0], model.Compilation) is { Length: > 0 } docs) text.Append('\n').Append(docs);
        return text.ToString().TrimEnd();
    }

    private (SemanticModel Model, SyntaxNode Root) Open(string code)
    {
        var compilation = session.Compile(Blanked(code));
        var tree = compilation.SyntaxTrees.First();
        return (compilation.GetSemanticModel(tree), tree.GetRoot());
    }

    private static bool IsCSharp(string code, int cursor)
    {
        string language = "csharp";
        int end = 0;
        foreach (var (name, text) in CellParts.Stretches(code, "csharp"))
        {
            language = name;
            if ((end += text.Length) > cursor) break;
        }
        return language == "csharp";
    }

    // Magic lines and other languages are not C#; blanks in their place keep every position.
    private static string Blanked(string code) => BlankedLines(string.Concat(CellParts.Stretches(code, "csharp").Select(s => s.Language is "csharp" or "" ? s.Text : new string([.. s.Text.Select(c => c == '\n' ? c : ' ')]))));

    private static string BlankedLines(string code) => string.Join('\n', code.Split('\n').Select(l => l.TrimStart().StartsWith("#!", StringComparison.Ordinal) || l.TrimStart().StartsWith("#r", StringComparison.Ordinal) ? new string(' ', l.Length) : l));

    private static bool InsideText(SyntaxNode root, int cursor)
    {
        var token = root.FindToken(Math.Max(0, cursor - 1));
        return token.Span.Contains(cursor - 1) && cursor < token.Span.End
            && token.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.CharacterLiteralToken or SyntaxKind.InterpolatedStringTextToken or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken;
    }

    // What stands before a dot: a namespace, a type (then its static members count), or a value's type.
    private static (INamespaceOrTypeSymbol Symbol, bool IsStatic)? Container(SemanticModel model, SyntaxNode root, int dot)
    {
        var left = root.FindToken(dot).Parent switch
        {
            MemberAccessExpressionSyntax access => access.Expression,
            QualifiedNameSyntax name => name.Left,
            MemberBindingExpressionSyntax binding => binding.FirstAncestorOrSelf<ConditionalAccessExpressionSyntax>()?.Expression,
            _ => (ExpressionSyntax?)null,
        };
        if (left is null) return null;
        var symbol = model.GetSymbolInfo(left).Symbol;
        if (symbol is INamespaceSymbol space) return (space, true);
        if (symbol is INamedTypeSymbol type) return (type, true);
        return model.GetTypeInfo(left).Type is { TypeKind: not TypeKind.Error } value ? (value, false) : null;
    }

    private static IReadOnlyList<ISymbol> At(SemanticModel model, SyntaxNode root, int position)
    {
        var token = root.FindToken(Math.Min(position, Math.Max(0, root.FullSpan.End - 1)));
        if (!token.IsKind(SyntaxKind.IdentifierToken) && !token.IsKind(SyntaxKind.PredefinedType) && token.Parent is not PredefinedTypeSyntax || !token.Span.IntersectsWith(position)) return [];
        if (token.Parent is null) return [];
        var declared = model.GetDeclaredSymbol(token.Parent);
        if (declared is not null) return [declared];
        return Methods(model, token.Parent);
    }

    private static IReadOnlyList<ISymbol> Call(SemanticModel model, SyntaxNode root, int position)
    {
        var token = root.FindToken(Math.Max(0, Math.Min(position, root.FullSpan.End) - 1));
        for (var node = token.Parent; node is not null; node = node.Parent)
            if (node is ArgumentListSyntax { Parent: { } call } list && position > list.OpenParenToken.SpanStart)
                return call is InvocationExpressionSyntax invocation ? Methods(model, invocation.Expression) : Methods(model, call);
        return [];
    }

    private static IReadOnlyList<ISymbol> Methods(SemanticModel model, SyntaxNode node)
    {
        var info = model.GetSymbolInfo(node);
        var group = model.GetMemberGroup(node);
        if (info.Symbol is { } only) return [only, .. group.Where(s => !SymbolEqualityComparer.Default.Equals(s, only))];
        if (group.Length > 0) return group;
        if (info.CandidateSymbols.Length > 0) return info.CandidateSymbols;
        return model.GetTypeInfo(node).Type is { TypeKind: not TypeKind.Error } type ? [type] : [];
    }

    private static string Describe(ISymbol symbol) => symbol switch
    {
        ILocalSymbol l => $"(local) {l.Type.ToDisplayString(s_signature)} {l.Name}",
        IFieldSymbol { ContainingType.IsScriptClass: true } f => $"(variable) {f.Type.ToDisplayString(s_signature)} {f.Name}",
        INamedTypeSymbol t => $"{t.TypeKind.ToString().ToLowerInvariant()} {t.ToDisplayString()}",
        _ => symbol.ToDisplayString(s_signature),
    };

    private static bool Hidden(ISymbol s) =>
        s.Name.StartsWith('<') || s.GetAttributes().Any(a => a.AttributeClass?.Name == "EditorBrowsableAttribute" && a.ConstructorArguments is [{ Value: 1 }])
        || s is IMethodSymbol { MethodKind: MethodKind.PropertyGet or MethodKind.PropertySet or MethodKind.EventAdd or MethodKind.EventRemove };

    private static string Kind(ISymbol s) => s switch
    {
        INamespaceSymbol => "module",
        INamedTypeSymbol t => t.TypeKind switch { TypeKind.Enum => "enum", TypeKind.Interface => "interface", TypeKind.Struct => "struct", _ => "class" },
        IMethodSymbol => "function",
        IPropertySymbol => "property",
        IFieldSymbol { ContainingType.IsScriptClass: true } or ILocalSymbol or IParameterSymbol => "variable",
        IFieldSymbol { IsConst: true } => "constant",
        IFieldSymbol => "field",
        IEventSymbol => "event",
        _ => "text",
    };
}
