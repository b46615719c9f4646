using System.Net;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RadLab.Notebooks;

/// <summary>Code as HTML with a class per kind of token: k keyword, s string, n number, c comment, t type, m method, d directive.</summary>
internal static partial class CodeHighlighter
{
    private static readonly CSharpParseOptions s_script = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);

    /// <param name="language">With which the cell begins; a line such as <c>#!sql</c> changes it.</param>
    public static string ToHtml(string code, string language)
    {
        var html = new StringBuilder();
        foreach (var (name, text) in CellParts.Stretches(code, CellParts.Canonical(language)))
            html.Append(name == "csharp" ? CSharp(text) : Words(text, name));
        return html.ToString();
    }

    private static string CSharp(string code)
    {
        var html = new StringBuilder();
        foreach (var token in SyntaxFactory.ParseSyntaxTree(code, s_script).GetRoot().DescendantTokens())
        {
            foreach (var trivia in token.LeadingTrivia) Append(html, KindOf(trivia), trivia.ToFullString());
            Append(html, KindOf(token), token.Text);
            foreach (var trivia in token.TrailingTrivia) Append(html, KindOf(trivia), trivia.ToFullString());
        }
        return html.ToString();
    }

    private static void Append(StringBuilder html, char kind, string text)
    {
        if (text.Length == 0) return;
        if (kind == ' ') html.Append(WebUtility.HtmlEncode(text));
        else html.Append($"<span class=\"{kind}\">{WebUtility.HtmlEncode(text)}</span>");
    }

    private static char KindOf(SyntaxTrivia trivia) =>
        trivia.IsDirective || trivia.IsKind(SyntaxKind.DisabledTextTrivia) ? 'd'
        : trivia.IsKind(SyntaxKind.WhitespaceTrivia) || trivia.IsKind(SyntaxKind.EndOfLineTrivia) || trivia.IsKind(SyntaxKind.SkippedTokensTrivia) ? ' ' : 'c';

    private static char KindOf(SyntaxToken token) => token.Kind() switch
    {
        SyntaxKind.NumericLiteralToken => 'n',
        SyntaxKind.StringLiteralToken or SyntaxKind.CharacterLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken
            or SyntaxKind.InterpolatedStringTextToken or SyntaxKind.InterpolatedStringStartToken or SyntaxKind.InterpolatedStringEndToken
            or SyntaxKind.InterpolatedVerbatimStringStartToken or SyntaxKind.InterpolatedSingleLineRawStringStartToken
            or SyntaxKind.InterpolatedMultiLineRawStringStartToken or SyntaxKind.InterpolatedRawStringEndToken => 's',
        SyntaxKind.IdentifierToken => KindOfName(token),
        var kind => SyntaxFacts.IsKeywordKind(kind) ? 'k' : ' ',
    };

    // Without semantics: what the grammar alone says about a name.
    private static char KindOfName(SyntaxToken name) => name.Parent switch
    {
        IdentifierNameSyntax { IsVar: true } => 'k',
        BaseTypeDeclarationSyntax or DelegateDeclarationSyntax or TypeParameterSyntax or ConstructorDeclarationSyntax => 't',
        MethodDeclarationSyntax or LocalFunctionStatementSyntax => 'm',
        SimpleNameSyntax simple => simple.Parent switch
        {
            InvocationExpressionSyntax => 'm',
            MemberAccessExpressionSyntax { Parent: InvocationExpressionSyntax } access when access.Name == simple => 'm',
            ObjectCreationExpressionSyntax or VariableDeclarationSyntax or ParameterSyntax or TypeArgumentListSyntax or CastExpressionSyntax
                or ArrayTypeSyntax or NullableTypeSyntax or SimpleBaseTypeSyntax or TypeOfExpressionSyntax or DeclarationPatternSyntax
                or MethodDeclarationSyntax or PropertyDeclarationSyntax or CatchDeclarationSyntax or AttributeSyntax => 't',
            _ => ' ',
        },
        _ => ' ',
    };
}
