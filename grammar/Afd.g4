// The grammar of afd, edition 1. Kinds such as `model` are not keywords: schemas of the standard library declare them.
grammar Afd;

options { superClass = BoundedParser; }
@parser::postinclude {
#include "frontend/syntax/bounded_parser.h"
}

tokens { SEP }   // made by frontend/syntax/layout: a newline that ends a member

// ---- modules -----------------------------------------------------------------------------------
module      : (edition | importDecl | decl | sep)* EOF ;
sep         : SEP | ',' ;
edition     : 'edition' INT ;
importDecl  : 'import' modulePath ('as' name | importList)? ;
importList  : '{' (name | sep)* '}' ;
modulePath  : STRING | path ;

decl        : letDecl | fnDecl | enumDecl | kindDecl | intrinsicDecl | schemaDecl | blockDecl ;
letDecl     : 'let' name (':' type)? '=' expr ;
fnDecl      : 'fn' name '(' (param (',' param)*)? ')' (':' type)? '=' expr ;
param       : name ':' type ('=' expr)? ;
enumDecl    : 'enum' name '{' (name | sep)* '}' ;
kindDecl    : 'kind' name ':' path ;

// An operator: its ports with the role of each dimension, its result, its key in a kernel table.
intrinsicDecl : 'intrinsic' name '(' (port (',' port)*)? ')' '->' result=name? '[' (resultDim (',' resultDim)*)? ']' ('table' STRING)? ;
port        : name optional='?'? ':' ('[' (portDim (',' portDim)*)? ']' | type) ('=' expr)? ;
portDim     : role=name label=name ;
resultDim   : name ('=' expr)? ;

// ---- schemas -------------------------------------------------------------------------------------
schemaDecl  : 'schema' name ('extends' path)? '{' (schemaItem | sep)* '}' ;
schemaItem  : name optional='?'? ':' type ('where' where=expr)? ('plausible' plausible=expr)? ('=' value=expr)? # fieldItem
            | 'blocks' name ':' path                                               # blocksItem
            | 'given' name ':' type                                                # givenItem
            | 'measure' name ':' type                                              # measureItem
            | letDecl                                                              # derivedItem
            | require                                                              # requireItem
            | storage                                                              # storageItem
            | graph                                                                # graphItem
            ;
type        : typeTerm (('/' | '*') typeTerm)* ;
typeTerm    : path ('(' type ')')? | '[' type ']' | INT ;

// ---- operators of one layer ------------------------------------------------------------------------
storage     : ('weight' | 'cache' | 'state') name ':' shape storageAttr* ;
storageAttr : 'per' name
            | 'class' name
            | 'shard' INT 'by' name ('in' dim)? ('else' name)?
            | 'window' expr
            ;
shape       : '[' (dim (',' dim)*)? ']' ;
dim         : expr ('++' expr)* ;                      // `++`: parts that are sharded each on its own
graph       : 'graph' '(' (graphParam (',' graphParam)*)? ')' ('->' shape)? graphBody ;
graphParam  : name ':' shape ;
graphBody   : '{' (graphStmt | sep)* '}' ;
graphStmt   : storage                                                              # storageStmt
            | 'op' name '=' expr ('side' name)?                                    # opStmt
            | letDecl                                                              # letStmt
            | 'only' name graphBody ('else' graphBody)?                            # onlyStmt
            | 'if' expr 'then' graphBody ('else' graphBody)?                       # ifStmt
            | 'return' expr                                                        # returnStmt
            ;

// ---- blocks: the one shape every user declaration has -------------------------------------------------
blockDecl   : kind=name label=blockLabel (('extends' path)? block | '=' expr) ;
blockLabel  : name | STRING ;
block       : '{' (member | sep)* '}' ;
member      : path '=' expr                                       # assign
            | path block                                          # amendField
            | blockDecl                                           # childBlock
            | letDecl                                             # localLet
            | require                                             # staticCheck
            | 'expect' expr ('else' STRING)?                      # resultCheck
            | 'vary' path 'in' expr                               # axis
            | 'find' sense=name path ('in' expr)?                 # requirement
            | dir=('minimize' | 'maximize') expr                  # objective
            ;
require     : 'require' expr ('else' STRING)? ;

// ---- expressions ---------------------------------------------------------------------------------------
// Flat, operators in the order in which they stand, so that the next token always decides what comes: that is fast.
// frontend/syntax/parse builds the tree by precedence.
expr        : prefix=('-' | 'not') rest=expr
            | 'if' condition=expr 'then' yes=expr 'else' no=expr
            | operand suffix* (op=('^' | '*' | '/' | '%' | '+' | '-' | '..' | '..=' | '<' | '<=' | '>' | '>=' | '==' | '!='
                                  | 'in' | 'and' | 'or') rest=expr)?
            ;
operand     : literal=(INT | FLOAT | QUANTITY | STRING | 'true' | 'false' | 'null' | BAD_QUANTITY | UNTERMINATED_STRING)
            | name | block | '(' inner=expr ')' | list ;
list        : '[' (expr (comprehension | (',' expr?)*))? ']' ;
suffix      : '.' field=name | '(' (arg (',' arg?)*)? ')' | '[' index=expr ']' | block ;
arg         : (name '=')? expr ;
comprehension : 'for' name 'in' expr ('if' expr)? ;
path        : name ('.' name)* ;
name        : ID | 'edition' | 'blocks' | 'vary' | 'find' | 'enum' | 'expect' | 'kind' | 'intrinsic' | 'table' | 'given'
            | 'measure' | 'plausible' | 'weight' | 'cache' | 'state' | 'per' | 'class' | 'shard' | 'by' | 'window'
            | 'graph' | 'op' | 'side' | 'only' | 'minimize' | 'maximize' ;   // soft keywords

// ---- lexer -----------------------------------------------------------------------------------------------
// What the tokens are. The compiler reads them in frontend/syntax/tokens; a test holds it against the lexer generated from
// here.
QUANTITY    : NUM [ \t]? UNIT ;
BAD_QUANTITY: NUM [ \t]? UNIT [A-Za-z_0-9$]+ | NUM [A-DF-Za-df-z$] [A-Za-z_0-9]* ;
FLOAT       : DIGITS '.' DIGITS EXP? | DIGITS EXP ;
INT         : DIGITS ;
ID          : [A-Za-z_] [A-Za-z_0-9]* ;
STRING      : '"' (~["\\\r\n] | '\\' .)* '"' ;
COMMENT     : '//' ~[\r\n]* -> channel(HIDDEN) ;
WS          : [ \t\r\n]+ -> skip ;
UNTERMINATED_STRING : '"' (~["\\\r\n] | '\\' ~[\r\n])* ;
ERROR_CHAR  : . ;

fragment DIGITS : [0-9] [0-9_]* ;
fragment EXP    : [eE] [+-]? [0-9]+ ;
fragment NUM    : DIGITS ('.' DIGITS)? EXP? ;
fragment UNIT   : ATOM (('/' | '*') ATOM)* ;
fragment ATOM   : INFO | WORK | COUNT | TIME | POWER | MONEY | 'pct' ;
fragment SI     : [kKMGTPE] ;
fragment BIN    : [KMGTPE] 'i' ;
fragment INFO   : (SI | BIN)? 'B' | (SI | BIN)? 'bit' | SI? 'bps' ;
fragment WORK   : SI? 'FLOP' 's'? | SI? 'OP' ;
fragment COUNT  : (SI | BIN)? ('tok' | 'token' 's'? | 'req') | 'param' | 'gpu' ;
fragment TIME   : 'ns' | 'us' | 'ms' | 's' | 'min' | 'h' | 'day' | 'year' ;
fragment POWER  : [mkMG]? ('W' | 'J' | 'Wh' | 'Hz') ;
fragment MONEY  : '$' | 'USD' ;
